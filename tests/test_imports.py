"""The structure: three wings on one foundation, no import circle; read from the imports of the sources."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOUNDATION = "recsys_common"
WINGS = ("Recommenders", "Evaluation", "Data_manager")

# what stands above the wings, and may import several of them
ABOVE_THE_WINGS: set[str] = set()


def modules():
    """The path of every module of the packages, by its dotted name."""
    paths = [path for package in (FOUNDATION, *WINGS) for path in sorted((ROOT / package).rglob("*.py"))]
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in paths]
    return dict(zip(names, paths, strict=True))


MODULES = modules()


def imported(name):
    """The modules of ours that a module imports, wherever the import stands: at the top, in a function, for types."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} has a relative import"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add(inner if inner in MODULES else node.module)
    return found


def ours(name):
    return {module for module in imported(name) if module in MODULES}


def package_of(module):
    return module.split(".")[0]


@pytest.mark.parametrize("name", [name for name in MODULES if name not in ABOVE_THE_WINGS])
def test_a_wing_imports_the_foundation_and_no_other_wing(name):
    allowed = {FOUNDATION, package_of(name)}
    others = {module for module in imported(name) if package_of(module) in {FOUNDATION, *WINGS}}
    assert {module for module in others if package_of(module) not in allowed} == set()


def circles(graph):
    """The strongly connected components of more than one module, and modules that import themselves (Tarjan, 1972)."""
    order, low, stack, found = {}, {}, [], []

    def visit(name):
        order[name] = low[name] = len(order)
        stack.append(name)
        for other in sorted(graph[name]):
            if other not in order:
                visit(other)
                low[name] = min(low[name], low[other])
            elif other in stack:
                low[name] = min(low[name], order[other])
        if low[name] == order[name]:
            start = stack.index(name)
            component = stack[start:]
            del stack[start:]
            if len(component) > 1 or name in graph[name]:
                found.append(sorted(component))

    for name in graph:
        if name not in order:
            visit(name)
    return found


def test_circles_are_found():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"d"}, "e": {"a"}}) == [["b", "c"], ["d"]]


def test_no_modules_import_each_other_in_a_circle():
    graph = {name: ours(name) for name in MODULES}
    # the names that a package offers lazily are imported by whoever asks, not by the package's modules
    graph["Data_manager"] = set()
    assert circles(graph) == []
