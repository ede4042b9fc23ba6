"""What a delete would do, for people and for programs; today and with each fix."""
