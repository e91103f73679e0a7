"""What people do, one kind of act a file; people.py is the way in."""
