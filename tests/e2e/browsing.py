"""What browsers in these tests have in common: how patient they are, and that they note what a policy refuses."""

from typing import Final

PATIENCE: Final = 45_000  # milliseconds: two products and their browsers may share two cores
WATCH: Final = """
    globalThis.refused = [];
    addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
        refused.push(`${violatedDirective} ${blockedURI}`);
    });
"""
