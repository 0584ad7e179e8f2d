"""From a figure down to the events it rests on."""
