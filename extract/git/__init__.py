"""Plain git: a repository in, raw commits, their files, their people and the commits of every change request out."""
