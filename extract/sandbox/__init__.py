"""The sandbox forge: a simulated community with known truth, its git history, and a forge on loopback
to serve it: a GitHub, or with `dialect=GITLAB` or `GITEA` one of those.

    world = build_world(seed=7)
    with SandboxForge(world, folder=folder) as forge:
        forge.base_url, forge.git_url("commons/bazaar"), forge.requests

`community.build_world`, `server.SandboxForge`; the truth is in `world.truth` and `world.counts`.
"""
