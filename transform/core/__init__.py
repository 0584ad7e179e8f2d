"""What happened: repositories, people, changes, issues, reviews, comments, commits and what follows from them."""
