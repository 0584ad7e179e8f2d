"""Estimators that know nothing of repositories: survival, intervals, concentration, PageRank."""
