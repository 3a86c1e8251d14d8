"""Doses: too much at once, in a day, for a child, for a body; or too little."""
