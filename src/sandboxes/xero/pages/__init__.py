"""The pages for people: the books of an organisation as its users would see and edit them."""
