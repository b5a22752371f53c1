"""The notifier's rules: pure. Data in, data out; time comes in as an argument."""
