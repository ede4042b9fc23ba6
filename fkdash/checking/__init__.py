"""What check and the first screen both are: rules asked of databases, baseline and configuration applied."""
