#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""cpsat_worker.py LIMIT_SECONDS < models.json: OR-Tools CP-SAT on the models that `bench_constrint --dump` prints.

One JSON line each. One worker thread. The first solution is searched for with the given variable and value order
(FIXED_SEARCH); the optimum with CP-SAT's own search. Times are of Solve() alone: building the model is Python's.
"""

import json
import sys

import ortools
from ortools.sat.python import cp_model

# Every value of a solution is far below; products of two such values stay inside 64 bits.
MOST = 2**31 - 2


class Translation:
    """A model's tree: products as chains of multiplications, `a % b == 0` as a product with a quotient."""

    def __init__(self, description):
        self.model = cp_model.CpModel()
        self.fresh_count = 0
        self.variables = {
            name: self.model.new_int_var(max(low, -MOST), min(high, MOST), name)
            for name, low, high in description["variables"]
        }
        for constraint in description["constraints"]:
            self.post(constraint)

    def fresh(self, low=0):
        self.fresh_count += 1
        return self.model.new_int_var(low, MOST, f"fresh_{self.fresh_count}")

    def as_variable(self, expression):
        if isinstance(expression, cp_model.IntVar):
            return expression
        if isinstance(expression, int):
            return self.model.new_constant(expression)
        variable = self.fresh()
        self.model.add(variable == expression)
        return variable

    def product(self, factors):
        constant = 1
        others = []
        for factor in factors:
            if isinstance(factor, int):
                constant *= factor
            else:
                others.append(self.as_variable(factor))
        if not others:
            return constant
        result = others[0]
        for other in others[1:]:
            target = self.fresh()
            self.model.add_multiplication_equality(target, [result, other])
            result = target
        return result if constant == 1 else constant * result

    def term(self, tree):
        if isinstance(tree, int):
            return tree
        if isinstance(tree, str):
            return self.variables[tree]
        kind, *rest = tree
        if kind == "list":
            return self.model.new_int_var_from_domain(cp_model.Domain.from_values(rest), "list")
        if kind == "^":
            return self.product([self.term(rest[0])] * rest[1])
        operands = [self.term(child) for child in rest]
        if kind == "+":
            return sum(operands)
        if kind == "*":
            return self.product(operands)
        raise ValueError(f"the tiling models have no '{kind}'")

    def post(self, tree):
        kind, left, right = tree
        if isinstance(left, list) and left[0] == "%" and kind == "==" and right == 0:
            divisor, dividend = self.as_variable(self.term(left[2])), self.as_variable(self.term(left[1]))
            self.model.add_multiplication_equality(dividend, [divisor, self.fresh(1)])
        elif kind == "==":
            self.model.add(self.term(left) == self.term(right))
        elif kind == "<=":
            self.model.add(self.term(left) <= self.term(right))
        else:
            raise ValueError(f"the tiling models have no '{kind}'")


def solve(translation, limit, fixed):
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_time_in_seconds = limit
    if fixed:
        solver.parameters.search_branching = cp_model.FIXED_SEARCH
    status = solver.solve(translation.model)
    found = status in (cp_model.OPTIMAL, cp_model.FEASIBLE)
    values = {name: solver.value(v) for name, v in translation.variables.items()} if found else None
    complete = status in (cp_model.OPTIMAL, cp_model.INFEASIBLE) or (fixed and found)
    return values, complete, 1000 * solver.wall_time


def run(description, limit):
    row = {"solver": f"CP-SAT {ortools.__version__}", "problem": description["problem"]}
    first = Translation(description)
    named = set()
    for name, largest in description["order"]:
        named.add(name)
        strategy = cp_model.SELECT_MAX_VALUE if largest else cp_model.SELECT_MIN_VALUE
        first.model.add_decision_strategy([first.variables[name]], cp_model.CHOOSE_FIRST, strategy)
    rest = [v for name, v in first.variables.items() if name not in named]
    first.model.add_decision_strategy(rest, cp_model.CHOOSE_FIRST, cp_model.SELECT_MIN_VALUE)
    values, row["first_complete"], row["first_ms"] = solve(first, limit, True)
    if values is not None:
        row["first"] = values
    best = Translation(description)
    best.model.minimize(best.term(description["objective"]))
    values, row["best_complete"], row["best_ms"] = solve(best, limit, False)
    if values is not None:
        row["best"] = values
    return row


def main():
    limit = float(sys.argv[1])
    for description in json.load(sys.stdin):
        print(json.dumps(run(description, limit)), flush=True)


if __name__ == "__main__":
    main()
