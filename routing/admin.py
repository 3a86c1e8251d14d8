"""The admin pages of routing, one file each."""

from routing.admin_counter import CounterAdmin
from routing.admin_dispensers import DispenserAdmin
from routing.admin_orders import OrderAdmin

__all__ = ["CounterAdmin", "DispenserAdmin", "OrderAdmin"]
