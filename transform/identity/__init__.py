"""Who is one person: normal forms of names and addresses, how alike two are, and which links hold together."""
