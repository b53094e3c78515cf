"""What is encrypted: the device's keys, those of rooms, and who gets them."""
