"""The walls around student code, and the judging side's end of the connection through them."""
