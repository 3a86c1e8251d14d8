"""Splits a document into what may lie in clear and what is sealed."""

from typing import Any

from rxcenter.patients.blinding import blind, names_somebody


def mask_name(name: str | None) -> str | None:
    """`张三` → `张*`: enough to tell two rows apart, not to know who it is."""
    return f"{name[0]}*" if name else name


def split(document: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    """(masked document, personal fields, blind keys of the identifiers that name somebody, the primary first).

    Takes rx/1 as a dict and leaves it untouched. Masked: names, phone, guardian, address. Identifiers become
    blind indexes, so that equal patients stay equal in the masked document and the engine can compare them.
    """
    patient = document["patient"]
    ids = [patient["id"], *(patient.get("other_ids") or [])]
    keys = [blind(i["system"], i["value"]) for i in ids]
    masked_ids = [{**i, "value": key} for i, key in zip(ids, keys, strict=True)]
    masked_patient = {**patient, "id": masked_ids[0], "name": mask_name(patient.get("name"))}
    if patient.get("other_ids"):
        masked_patient["other_ids"] = masked_ids[1:]
    if patient.get("phone"):
        masked_patient["phone"] = "***" + patient["phone"][-4:]
    if patient.get("guardian"):
        masked_patient["guardian"] = _mask_all(patient["guardian"])
    personal = {
        "ids": ids,
        "name": patient.get("name"),
        "phone": patient.get("phone"),
        "guardian": patient.get("guardian"),
    }
    masked = {**document, "patient": masked_patient}
    routing = document.get("routing")
    if routing and routing.get("address"):
        masked["routing"] = {**routing, "address": _mask_all(routing["address"])}
        personal["address"] = routing["address"]
    usable = [key for i, key in zip(ids, keys, strict=True) if names_somebody(i["value"])]
    return masked, personal, list(dict.fromkeys(usable))


def _mask_all(value: Any) -> Any:
    """The same shape with every text masked: presence stays visible to form rules, content does not."""
    if isinstance(value, dict):
        return {k: _mask_all(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_mask_all(v) for v in value]
    return mask_name(value) if isinstance(value, str) else value
