"""What can be done about a finding, and how it is carried out."""
