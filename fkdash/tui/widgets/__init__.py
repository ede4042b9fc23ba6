"""The widgets that the screens are made of; all paint line by line and send only what changed."""
