"""Opens a lab in Chromium with instructions, two terminals and a file in the editor, prints its host, and keeps it open
until standard input ends.

Usage: room_in_use.py LAUNCH_URL FILE. Needs Playwright and Chromium.
"""
import shutil
import sys
import urllib.parse

from playwright.sync_api import sync_playwright

with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.goto(sys.argv[1])
    page.wait_for_url("**/dashboard/**")
    page.locator(".terminal-pane .xterm").nth(1).wait_for()
    page.get_by_role("tab", name="Editor", exact=True).click()
    page.get_by_role("treeitem", name=sys.argv[2], exact=True).click()
    page.wait_for_selector(".editor-text .CodeMirror")
    page.wait_for_timeout(1000)
    print(urllib.parse.urlsplit(page.url).netloc, flush=True)
    sys.stdin.read()
    browser.close()
