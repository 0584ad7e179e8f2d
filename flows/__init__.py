"""WHEN: Prefect flows and tasks, settings, the command line, publishing, logging, the clock and the environment."""
