"""The steps from each version of the tables to the next, shipped inside the package.

env       is run by Alembic for every command
versions  one module for each step
"""
