"""One page that answers the two questions, with how far each answer can be trusted beside it."""
