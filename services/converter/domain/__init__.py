"""The converter's rules: pure. Data in, data out; time and ids come in as arguments."""
