// Names for Alpine's CSP build, which reads no script from attributes: unfold's own components and the page's shell.
document.addEventListener("alpine:init", () => {
  for (const name of ["theme", "searchForm", "searchDropdown", "searchCommand"]) {
    if (typeof window[name] === "function") Alpine.data(name, window[name]);
  }
  Alpine.data("rxShell", () => ({
    activeTab: "",
    sidebarMobileOpen: false,
    sidebarDesktopOpen: localStorage.getItem("sidebarDesktopOpen") !== "0",
    init() {
      const first = document.body.dataset.activeTab || "";
      this.activeTab = (first && typeof getCurrentTab === "function" && getCurrentTab()) || first;
      this.$watch("sidebarDesktopOpen", (open) => localStorage.setItem("sidebarDesktopOpen", open ? "1" : "0"));
    },
    toggleSidebar() {
      this.sidebarDesktopOpen = !this.sidebarDesktopOpen;
    },
    formAction() {
      const here = location.pathname + location.search;
      return this.activeTab && this.activeTab !== "general" ? here + "#" + this.activeTab : here;
    },
  }));
});
