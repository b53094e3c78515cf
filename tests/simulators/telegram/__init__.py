"""A Bot API of our own on a real socket, as strict as the server, with the people who use it."""
