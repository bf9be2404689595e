"""What requests in words are taken for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewer.classify.request import LONGEST, TASKS, describe
from reviewer.errors import UsageError
from reviewer.records import Complexity

SENTENCES = """
function  write a function that reverses a string
function  Write a function to test if a number is prime
function  implement binary search over a sorted list
function  create a helper that formats file sizes
function  add error handling to the upload function
function  add logging to the payment handler
function  I need a regex that matches ISO dates
function  return the largest element of a list
function  sort the users by last name
function  can you give me a SQL query for the ten best customers?
function  handle empty input in parse()
function  a decorator for retrying with exponential backoff
function  quicksort in Rust
function  support negative numbers in the calculator
function  compute the levenshtein distance of two strings
class     implement a REST API
class     create a class for bank accounts with deposit and withdraw
class     write an LRU cache
class     build a chat server with websockets and rooms
class     implement a linked list
class     design a plugin system for the editor
class     Create a dataclass for a customer
class     a thread-safe queue
class     Please implement a shopping cart class, with items, discounts and tests later
class     make a todo app
script    write a bash script that renames all the files in a folder
script    write a script to fix broken symlinks
script    automate the nightly backup
script    a command-line tool that converts CSV to JSON
script    create a Dockerfile for the web service
script    write a cron job that deletes old logs
script    give me a one-liner that counts lines
script    make a scraper for the weather page
refactor  refactor the payment module
refactor  clean up the tests
refactor  rename the variable x to count
refactor  extract the validation into its own class
refactor  split this file into smaller modules
refactor  simplify the nested ifs in the parser
refactor  make this faster
refactor  convert the callbacks to async/await
refactor  remove the duplication in these two functions
refactor  Rewrite the whole code base in TypeScript
refactor  optimize the query that loads the dashboard
refactor  migrate from unittest to pytest
refactor  replace the global variable by a parameter
refactor  bump the version of requests
debug     why does this crash
debug     fix the login bug
debug     The tests are failing on Windows
debug     I get a NullPointerException when saving a user
debug     debug the race condition in the scheduler
debug     check why the build fails
debug     find the memory leak in the worker
debug     my program hangs after a few minutes
debug     investigate the timeout in production
debug     this function returns the wrong result for negative numbers
debug     TypeError: 'NoneType' object is not subscriptable
debug     fix the failing unit test
debug     Why is the output empty?
review    review my pull request
review    review the tests of the parser
review    is this function thread-safe?
review    check whether this code is secure
review    look for security issues in the login form
review    what do you think of this design
review    find bugs in this class
review    audit the authentication code
review    give feedback on my script
test      write a unit test for the parser class
test      add tests
test      Test the login function
test      create integration tests for the REST API
test      generate test cases for the date parser
test      raise the coverage of utils.py
test      mock the database in the user service
test      write tests that check that it does not crash on empty input
test      extend the test suite with edge cases
docs      fix the typo in the README
docs      write documentation for the API
docs      add docstrings to the class
docs      update the changelog
docs      document the test runner
docs      explain what this function does
docs      add a comment above the loop
docs      correct the spelling in the docs
docs      write a tutorial about writing plugins
docs      improve the README with an example
docs      summarize this module
"""

ROWS = [tuple(line.split(maxsplit=1)) for line in SENTENCES.strip().splitlines()]


@pytest.mark.parametrize(("task", "text"), ROWS)
def test_task_of_a_request(task: str, text: str) -> None:
    assert describe(text).task == task, describe(text).reasons


@pytest.mark.parametrize(
    ("complexity", "text"),
    [
        ("simple", "write a function that reverses a string"),
        ("simple", "fix the typo in the README"),
        ("simple", "fix the typo in the REST API documentation"),
        ("simple", "rename the variable x to count"),
        ("simple", "print hello world"),
        ("simple", "add a comment above the loop"),
        ("simple", "write a bash script that renames all the files in a folder"),
        ("simple", "Create a simple class for points"),
        ("medium", "write a function that parses dates with time zones"),
        ("medium", "why does this crash"),
        ("medium", "write a unit test for the parser class"),
        ("medium", "create a class for bank accounts"),
        ("medium", "write a simple REST API"),
        ("medium", "review the authentication code"),
        ("medium", "write a function that reads names, sorts them, and prints the longest"),
        ("complex", "implement a REST API"),
        ("complex", "build a distributed key-value store with replication"),
        ("complex", "debug the race condition in the scheduler"),
        ("complex", "refactor the whole code base"),
        ("complex", "write a compiler for a small language, from scratch"),
    ],
)
def test_complexity_of_a_request(complexity: str, text: str) -> None:
    found = describe(text)
    assert found.complexity.value == complexity, found.reasons


def test_lists_and_length_make_it_harder() -> None:
    items = "\n".join(f"- step {number}" for number in range(7))
    assert describe(f"write a function:\n{items}").complexity is Complexity.COMPLEX
    assert describe("write a function that adds " + "really " * 40 + "numbers").complexity is Complexity.MEDIUM


def test_reasons_quote_the_words() -> None:
    assert describe("implement a REST API").reasons == (
        '"implement" is about "api"',
        '"rest api" is a system of many parts',
    )


@pytest.mark.parametrize("text", ["", "   \n\t "])
def test_an_empty_request_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="the request is empty"):
        describe(text)


@pytest.mark.parametrize("text", ["???", "12345", "\x00\x1b[31m", "été", "実装してください"])
def test_what_says_nothing_is_taken_for_the_usual_request(text: str) -> None:
    found = describe(text)
    assert (found.task, found.complexity) == ("function", Complexity.SIMPLE)
    assert found.reasons


def test_only_the_beginning_of_a_very_long_text_is_read() -> None:
    long = "write a function " + "and more " * LONGEST
    assert describe(long + " in the REST API").task == "function"
    assert describe(long).complexity is Complexity.COMPLEX


def test_capitals_and_typographic_quotes_do_not_count() -> None:
    assert describe("WHY DOESN\u2019T IT WORK").task == describe("why doesn't it work").task == "debug"


@given(st.text(max_size=300))
def test_anything_gets_the_same_answer_twice(text: str) -> None:
    try:
        found = describe(text)
    except UsageError:
        assert not text.split()
        return
    assert found == describe(text)
    assert found.task in TASKS
    assert len(found.reasons) >= 2
