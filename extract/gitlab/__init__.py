"""GitLab: gitlab.com and self-managed instances. Items and their notes by GraphQL, resource events by REST."""
