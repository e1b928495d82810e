"""What browsers in these tests have in common: how patient they are, and that they note what a policy refuses."""

from typing import Final

from playwright.async_api import BrowserContext

PATIENCE: Final = 45_000  # milliseconds: two products and their browsers may share two cores
WATCH: Final = """
    globalThis.refused = [];
    addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
        refused.push(`${violatedDirective} ${blockedURI}`);
    });
"""


async def shut(context: BrowserContext) -> None:
    """Close a browser's windows; requests that are still on their way through a test's hands fail for nobody."""
    for page in context.pages:
        await page.unroute_all(behavior="ignoreErrors")
    await context.unroute_all(behavior="ignoreErrors")
    await context.close()
