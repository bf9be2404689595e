"""Follows a value through a function: from where it comes in to where it does harm.

bytes -> grammar -> languages/<name> -> ir -> evaluator, which asks the declarations of rules/taint -> flows
"""
