"""What is declared: one model of tables and foreign keys, whatever they were read from."""
