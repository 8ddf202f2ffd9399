"""From a learning management system and back: downloads in, grades out, in the form that each system has."""
