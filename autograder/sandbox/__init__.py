"""The walls around student code, and the client that talks through them."""
