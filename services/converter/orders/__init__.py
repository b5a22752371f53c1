"""What the converter knows of orders: which stand, and the stages of opportunities. The notifier owns the topic."""
