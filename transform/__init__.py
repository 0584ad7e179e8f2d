"""MEAN: raw records to people, contributions, interactions, metrics and pictures; the warehouse."""
