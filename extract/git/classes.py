"""What kind of file a path is, told by its name alone: no content is read.

The first rule that fits decides, so that a copied library's tests are vendored and a test's fixtures are tests.
"""

from __future__ import annotations

import polars as pl

_LOCKS = r"package-lock\.json|yarn\.lock|pnpm-lock\.yaml|(poetry|cargo|composer|gemfile|pipfile|uv|flake)\.lock|go\.sum"
_CODE = (
    "ada|adb|ads|asm|awk|bash|bat|c|cc|cjs|clj|cljs|cmd|cpp|cs|css|cu|cxx|d|dart|el|elm|erb|erl|ex|exs|f|f90|fish|for|"
    "fs|glsl|go|graphql|groovy|h|hh|hpp|hrl|hs|htm|html|hxx|ipynb|j2|java|jl|js|jsx|kt|kts|less|lisp|lua|m|mjs|ml|mli|"
    "mm|nim|pas|perl|php|pl|pm|proto|ps1|py|pyi|pyx|r|rb|rkt|rs|s|sass|scala|scm|scss|sed|sh|sql|svelte|swift|tcl|"
    "thrift|tmpl|ts|tsx|v|vb|vhd|vim|vue|xs|y|zig|zsh"
)
_RULES = (
    ("vendored", r"(^|/)(_?vendor(s|ed)?|third[-_]?party|node_modules|bower_components|godeps|extern(al)?s?|deps)/"),
    (
        "generated",
        rf"(^|/)((__)?(auto)?generated(__)?/|({_LOCKS}|configure|aclocal\.m4)$)"
        r"|\.(min\.(js|css)|(js|css)\.map|generated\.[a-z]+|g\.dart|designer\.cs|pb\.(go|cc|h))$|_pb2(_grpc)?\.pyi?$",
    ),
    (
        "tests",
        r"(^|/)(t|tests?|testing|testdata|test[-_]data|__tests__|specs?|e2e|fixtures|__snapshots__)/"
        rf"|(^|/)(test_[^/]*|tests?\.({_CODE})|conftest\.py)$|[._-](test|spec)s?\.({_CODE})$"
        r"|(?-i:[a-z0-9]Tests?\.(java|kt|cs|scala|swift|php))$",
    ),
    (
        "configuration",
        r"(^|/)((gnu)?makefile|dockerfile|containerfile|jenkinsfile|vagrantfile|procfile|rakefile|gemfile|pipfile|justfile"
        r"|cmakelists\.txt|meson\.build|build|workspace|go\.mod|setup\.py|(requirements|constraints)[^/]*\.txt|codeowners"
        r"|manifest\.in)$",
    ),
    (
        "docs",
        r"(^|/)(docs?|documentation|man|manual)/"
        r"|\.(md|mdx|markdown|rst|txt|adoc|asciidoc|tex|texi|texinfo|org|pod|rdoc|textile|[1-9])$"
        r"|(^|/)(readme|licen[cs]e|copying|authors|contributors|contributing|maintainers|governance|changelog|changes|history"
        r"|news|notice|credits|thanks|todo|install|security|support|roadmap|code_of_conduct)(-[^/.]+)?$",
    ),
    (
        "configuration",
        r"(^|/)\.[^/]+|\.(toml|ya?ml|json5?|jsonc|ini|cfg|conf|properties|env|cmake|gradle|mk|mak|bazel|bzl|ac|am|in|nix|tf"
        r"|tfvars|plist|csproj|sln|xml)$",
    ),
    ("code", rf"\.({_CODE})$"),
)


def file_class(path: pl.Expr) -> pl.Expr:
    """One of raw_git.FILE_CLASSES."""
    decided = pl.lit("other")
    for name, pattern in reversed(_RULES):
        decided = pl.when(path.str.contains(f"(?i){pattern}")).then(pl.lit(name)).otherwise(decided)
    return decided
