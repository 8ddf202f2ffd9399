"""Slips that are made from the factors of a product and the terms of a sum."""

from autograder.exercises import Slip
from autograder.exercises.expressions import Product, Sum, with_expressions

PRODUCT = Product(
    "i",
    "dc * g * i * (1 - i)",
    "The block of i",
    "Which factors?",
    {"g": "g_t", "(1 - i)": "1 - i_t"},
    {"i_t (1 - i_t)": ("i * (1 - i)", {"f * (1 - f)": "f_t (1 - f_t)", "(1 - i**2)": "1 - i_t²"})},
)
SUM = Sum("carry", "a * z + b + c @ W.T", "The carry", "Which ways?", {"a * z": "the direct way", "b": "b"})


def told(slips):
    return {slip.id: (slip.wrong, slip.says) for slip in slips}


def test_a_product_s_slips_say_what_their_code_does():
    assert told(PRODUCT.slips()) == {
        "i_without_g_t": ("dc * i * (1 - i)", "The block of i misses the factor g_t."),
        "i_without_1_i_t": ("dc * g * i", "The block of i misses the factor 1 - i_t."),
        "i_f_t_1_f_t_for_i_t_1_i_t": (
            "dc * g * f * (1 - f)",
            "The block of i has f_t (1 - f_t) in the place of i_t (1 - i_t).",
        ),
        "i_1_i_t_squared_for_i_t_1_i_t": (
            "dc * g * (1 - i**2)",
            "The block of i has 1 - i_t² in the place of i_t (1 - i_t).",
        ),
        "i_negative": ("-dc * g * i * (1 - i)", "The block of i has the wrong sign."),
    }
    assert all(slip.right == PRODUCT.passage and slip.asks == "Which factors?" for slip in PRODUCT.slips())
    assert "i_negative" not in told(PRODUCT._replace(sign=False).slips())


def test_a_sum_s_slips_say_what_their_code_does():
    assert told(SUM.slips()) == {
        "carry_without_the_direct_way": ("b + c @ W.T", "The carry misses the direct way."),
        "carry_minus_the_direct_way": (
            "b + c @ W.T - a * z",
            "In the carry, the direct way is subtracted; it should be added.",
        ),
        "carry_without_b": ("a * z + c @ W.T", "The carry misses b."),
        "carry_minus_b": ("a * z + c @ W.T - b", "In the carry, b is subtracted; it should be added."),
    }


def test_what_has_words_of_its_own_is_not_made_again():
    by_hand = (
        Slip("candidate_missing", "dc * g * i", "dc * i", "In better words.", "?"),
        Slip("half_a_slope", "i * (1 - i)", "(i)", "In better words.", "?"),  # the same but for a bracket
        Slip("elsewhere", "x.T @ da", "da @ x", "Nothing to do with it.", "?"),
    )
    found = with_expressions(by_hand, PRODUCT)
    assert found[:3] == by_hand
    assert {slip.id for slip in PRODUCT.slips()} - {slip.id for slip in found} == {
        "i_without_g_t",
        "i_without_1_i_t",
    }
    assert len(with_expressions(by_hand[2:], PRODUCT)) == 1 + len(
        list(PRODUCT.slips())
    )  # nothing is left out
