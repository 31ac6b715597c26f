"""The editor's tab, steps that change files, and files that come and go."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from lab import Lab
from playwright.sync_api import expect


class Editor:
    def __init__(self, page):
        self.page = page
        self.panel = page.locator(".work-panel[data-kind=editor]")
        self.tree = page.get_by_role("tree", name="Files")
        self.status = self.panel.locator(".editor-status")

    def show(self):
        self.page.get_by_role("tab", name="Editor", exact=True).click()
        expect(self.tree.get_by_role("treeitem").first).to_be_visible()
        return self

    def item(self, name):
        return self.tree.get_by_role("treeitem", name=name, exact=True)

    def open_folder(self, name):
        if self.item(f"{name}, folder").get_attribute("aria-expanded") == "false":
            self.item(f"{name}, folder").locator("> .tree-label").click()
        return self

    def open(self, name):
        self.open_folder("exercises")
        self.item(name).click()
        expect(self.tab(name)).to_have_attribute("aria-selected", "true")
        return self

    def tab(self, name):
        return self.panel.get_by_role("tab", name=re.compile(f"^{re.escape(name)}(, not saved)?$"))

    def text(self):
        return self.page.evaluate("document.querySelector('.editor-text .CodeMirror').CodeMirror.getValue()")

    def selected(self):
        return self.page.evaluate("document.querySelector('.editor-text .CodeMirror').CodeMirror.getSelection()")

    def expect_text(self, text):
        self.page.wait_for_function(
            "text => document.querySelector('.editor-text .CodeMirror').CodeMirror.getValue() === text", arg=text)

    def type_at_end(self, text):
        self.page.evaluate(
            "const view = document.querySelector('.editor-text .CodeMirror').CodeMirror; view.focus(); view.execCommand('goDocEnd')")
        self.page.keyboard.insert_text(text)

    def autosave(self, on):
        self.page.get_by_label("Save by itself").set_checked(on)


POEM = "The harbour sleeps\nbeneath the moon\nthe lamp is lit\n"


@pytest.fixture
def lab(visitor, portal):
    visitor.goto(portal.launch("editor-lab"))
    lab = Lab(visitor).arrive().wait_for_prompt()
    lab.editor = Editor(visitor)
    return lab


def shell(lab, command, answer):
    visitor = lab.page
    visitor.get_by_role("tab", name="Terminal", exact=True).click()
    lab.type(f"{command}; echo do''ne-{answer}")
    lab.wait_for_text(f"done-{answer}")


def step(page, title):
    return page.locator("[data-action]").filter(has=page.get_by_role("button", name=title))


def press(page, title, state="done"):
    block = step(page, title)
    block.get_by_role("button", name=title).click()
    expect(block).to_have_attribute("data-state", state)
    return block


def test_codemirror_comes_when_the_tab_is_shown(visitor, portal):
    asked = []
    visitor.on("request", lambda request: asked.append(request.url))
    visitor.goto(portal.launch("editor-lab"))
    lab = Lab(visitor).arrive().wait_for_prompt()
    assert not any("/static/editor.js" in url for url in asked)
    editor = Editor(visitor).show().open("poem.txt")
    assert any("/static/editor.js" in url for url in asked)
    assert editor.text() == POEM
    shell(lab, "true", "here")


def test_what_is_typed_is_saved_and_the_shell_sees_it(lab):
    editor = lab.editor.show().open("poem.txt")
    editor.type_at_end("and so to bed\n")
    expect(editor.status).to_have_text("Saved", timeout=5000)
    shell(lab, "tail -n 1 exercises/poem.txt", "tail")
    lab.wait_for_text("and so to bed")
    editor.show().autosave(False)
    editor.type_at_end("unsaved\n")
    expect(editor.status).to_have_text("Not saved yet")
    expect(editor.tab("poem.txt")).to_have_class(re.compile("dirty"))
    lab.page.wait_for_timeout(1500)
    expect(editor.status).to_have_text("Not saved yet")
    lab.page.keyboard.press("Control+s")
    expect(editor.status).to_have_text("Saved")
    lab.page.get_by_role("button", name="Undo").click()
    expect(editor.status).to_have_text("Not saved yet")
    editor.expect_text(POEM + "and so to bed\n")


def test_a_change_of_the_shell_is_taken_over(lab):
    editor = lab.editor.show().open("poem.txt")
    shell(lab, "echo from the shell >> exercises/poem.txt; touch exercises/new.txt", "shell")
    editor.show()
    editor.expect_text(POEM + "from the shell\n")
    expect(editor.item("new.txt")).to_be_visible()


@pytest.mark.parametrize("choice", ["Load what is there", "Keep what is here"])
def test_where_both_have_changed_the_learner_chooses(lab, choice):
    editor = lab.editor.show().open("poem.txt")
    editor.autosave(False)
    editor.type_at_end("mine\n")
    shell(lab, "echo theirs >> exercises/poem.txt", "theirs")
    editor.show()
    alert = lab.page.get_by_role("alert").filter(has_text="was changed outside of the editor")
    expect(alert).to_be_visible()
    lab.page.get_by_role("button", name=choice).click()
    expect(alert).to_be_hidden()
    expected = POEM + ("theirs\n" if choice.startswith("Load") else "mine\n")
    editor.expect_text(expected)
    expect(editor.status).to_have_text("Saved")
    shell(lab, "tail -n 1 exercises/poem.txt | sed s/^/now-/", "tail")
    lab.wait_for_text("now-theirs" if choice.startswith("Load") else "now-mine")


def test_a_file_that_is_deleted_can_be_saved_again(lab):
    editor = lab.editor.show().open("poem.txt")
    shell(lab, "rm exercises/poem.txt", "rm")
    editor.show()
    expect(lab.page.get_by_role("alert").filter(has_text="was deleted")).to_be_visible()
    lab.page.get_by_role("button", name="Save it again").click()
    shell(lab, "head -n 1 exercises/poem.txt", "head")
    lab.wait_for_text("The harbour sleeps")


def test_unsaved_changes_are_not_lost_by_closing(lab):
    editor = lab.editor.show().open("poem.txt")
    editor.autosave(False)
    editor.type_at_end("mine\n")
    editor.tab("poem.txt").focus()
    lab.page.keyboard.press("Delete")
    dialog = lab.page.get_by_role("dialog", name="Save the changes of poem.txt?")
    dialog.get_by_role("button", name="Cancel").click()
    expect(editor.tab("poem.txt")).to_be_visible()
    editor.tab("poem.txt").focus()
    lab.page.keyboard.press("Delete")
    dialog.get_by_role("button", name="Save", exact=True).click()
    expect(editor.tab("poem.txt")).to_have_count(0)
    editor.open("poem.txt")
    editor.expect_text(POEM + "mine\n")


def test_the_tree_is_worked_with_keys(lab):
    page, editor = lab.page, lab.editor.show()
    editor.item("exercises, folder").focus()
    page.keyboard.press("ArrowRight")
    expect(editor.item("exercises, folder")).to_have_attribute("aria-expanded", "true")
    expect(editor.item("poem.txt")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(editor.item("deployment.yaml")).to_be_focused()
    page.keyboard.type("po")
    expect(editor.item("poem.txt")).to_be_focused()
    page.keyboard.press("F2")
    dialog = page.get_by_role("dialog", name="Rename")
    dialog.get_by_label("Name").fill("../x")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_have_text("This cannot be the name of a file.")
    dialog.get_by_label("Name").fill("verse.txt")
    page.keyboard.press("Enter")
    expect(editor.item("verse.txt")).to_be_focused()
    page.keyboard.press("Shift+F10")
    menu = page.get_by_role("menu")
    page.keyboard.press("End")
    expect(menu.get_by_role("menuitem", name="Delete")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(editor.item("verse.txt")).to_have_count(0)
    editor.item("exercises, folder").focus()
    page.keyboard.press("ArrowLeft")
    expect(editor.item("deployment.yaml")).to_have_count(0)
    page.get_by_role("button", name="New file").first.click()
    page.get_by_role("dialog", name="New file").get_by_label("Name").fill("exercises/today.md")
    page.keyboard.press("Enter")
    expect(editor.tab("today.md")).to_be_visible()
    shell(lab, "ls exercises", "ls")
    lab.wait_for_text("today.md")


def test_finding_replacing_and_going_to_a_line(lab):
    page, editor = lab.page, lab.editor.show().open("poem.txt")
    editor.type_at_end("")
    page.keyboard.press("Control+f")
    page.get_by_label("Find", exact=True).fill("the")
    expect(page.locator(".find-count")).to_have_text("3 found")
    page.keyboard.press("Enter")
    assert editor.selected() == "The"
    page.get_by_label("Replace by").fill("our")
    page.get_by_role("button", name="Replace all").click()
    editor.expect_text("our harbour sleeps\nbeneath our moon\nour lamp is lit\n")
    page.keyboard.press("Escape")
    page.keyboard.press("Alt+g")
    page.get_by_role("dialog", name="Go to line").get_by_role("textbox").fill("2")
    page.keyboard.press("Enter")
    expect(page.locator(".editor-position")).to_have_text("Line 2, column 1")
    page.keyboard.press("F6")
    expect(page.locator(".editor-text textarea")).not_to_be_focused()


def test_steps_change_files_and_show_what_they_did(lab):
    page, editor = lab.page, lab.editor
    press(page, "Open the poem")
    expect(editor.tab("poem.txt")).to_have_attribute("aria-selected", "true")
    expect(page.locator(".editor-position")).to_have_text("Line 2, column 1")
    editor.type_at_end("typed but not saved")
    press(page, "Write one more line")
    editor.expect_text(POEM + "typed but not saved\nand boats come home\n")
    press(page, "Select the lamp")
    assert editor.selected() == "lamp"
    press(page, "Make it a light")
    editor.expect_text(POEM.replace("lamp", "light") + "typed but not saved\nand boats come home\n")
    press(page, "Three of them")
    expect(editor.tab("deployment.yaml")).to_have_attribute("aria-selected", "true")
    assert "  replicas: 3 # a start\n" in editor.text()
    failed = press(page, "Change what is not there", "failed")
    expect(failed.locator(".action-result")).to_contain_text("~/exercises/absent.txt")
    press(page, "Ask for too much", "failed")
    page.keyboard.press("Escape")
    press(page, "Send to the terminal")
    lab.wait_for_text("sent from the editor", "educates")


def test_files_are_taken_home(lab):
    page = lab.page
    page.locator("a[rel=next]").click()
    with page.expect_download() as download:
        press(page, "Take the poem home")
    assert download.value.suggested_filename == "poem.txt"
    assert open(download.value.path()).read() == POEM
    press(page, "Show the poem")
    expect(page.get_by_role("region", name="Content of poem.txt")).to_have_text(POEM)
    press(page, "Take what is not there", "failed")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    press(page, "Copy the poem")


def test_files_are_brought(lab):
    page = lab.page
    page.locator("a[rel=next]").click()
    with page.expect_file_chooser() as chooser:
        step(page, "Bring a file").get_by_role("button", name="Bring a file").click()
    chooser.value.set_files({"name": "anything.txt", "mimeType": "text/plain", "buffer": b"brought along\n"})
    expect(step(page, "Bring a file")).to_have_attribute("data-state", "done")
    with page.expect_file_chooser() as chooser:
        step(page, "Bring many files").get_by_role("button", name="Bring many files").click()
    chooser.value.set_files([
        {"name": f"{number}.txt", "mimeType": "text/plain", "buffer": b"x"} for number in range(3)])
    expect(step(page, "Bring many files")).to_have_attribute("data-state", "done")
    shell(lab, "cat incoming/notes.txt; ls incoming/many | tr '\\n' +", "cat")
    lab.wait_for_text("brought along")
    lab.wait_for_text("0.txt+1.txt+2.txt+")


def test_a_file_that_is_too_large_is_refused(lab):
    page = lab.page
    page.locator("a[rel=next]").click()
    with page.expect_file_chooser() as chooser:
        step(page, "Bring a file").get_by_role("button", name="Bring a file").click()
    chooser.value.set_files({"name": "big.bin", "mimeType": "text/plain", "buffer": b"x" * (70 * 1024)})
    block = step(page, "Bring a file")
    expect(block).to_have_attribute("data-state", "failed")
    expect(block.locator(".action-result")).to_contain_text("64 KiB")
    shell(lab, "ls -A incoming | wc -l | sed s/^/left-/", "ls")
    lab.wait_for_text("left-0")


def test_the_same_files_are_open_after_a_reload(lab):
    editor = lab.editor.show().open("poem.txt").open("hello.py")
    lab.page.reload()
    lab.wait_for_prompt()
    expect(editor.tab("poem.txt")).to_be_visible()
    expect(editor.tab("hello.py")).to_have_attribute("aria-selected", "true")


LOOKS = [(scheme, width) for scheme in ("light", "dark") for width in (1280, 390)]


@pytest.mark.parametrize("scheme,width", LOOKS, ids=[f"{scheme}-{width}" for scheme, width in LOOKS])
def test_how_it_looks(visitors, portal, screenshots, scheme, width):
    page = visitors.page(
        color_scheme=scheme, viewport={"width": width, "height": 800 if width > 600 else 844},
        has_touch=width < 600, is_mobile=width < 600)
    page.goto(portal.launch("editor-lab"))
    Lab(page).arrive()
    if width < 600:
        page.get_by_role("tab", name="Work area").click()
    editor = Editor(page)
    page.get_by_role("tab", name="Editor", exact=True).click()

    def check(name):
        page.wait_for_timeout(300)
        page.screenshot(path=screenshots / f"editor-{name}-{scheme}-{width}.png")
        found = Axe().run(page)
        assert found.violations_count == 0, f"{name}, {scheme}, {width}:\n{found.generate_report()}"
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, f"{name}: {overflow} px wider than the screen"

    if width < 600:
        page.get_by_role("button", name="Files", exact=True).click()
    expect(editor.tree.get_by_role("treeitem").first).to_be_visible()
    check("empty")
    editor.open("hello.py")
    check("python")
    page.keyboard.press("Control+f")
    page.get_by_label("Find", exact=True).fill("name")
    check("find")
    page.keyboard.press("Escape")
    if width < 600:
        page.get_by_role("button", name="Files", exact=True).click()
    editor.item("exercises, folder").locator("> .tree-label").click(button="right")
    check("menu")
