"""The screen of dispensers without a system of their own: what they are asked, hold, hand over and owe."""
