"""Functions of rnnlib that do the work of another one, given suitable arguments.

Where an exercise asks for one of them, the others would answer it too: a GRU whose gates are saturated is an
RNN, so is a network of layers that share their weights; an LSTM whose forget gate is open is that of 1997.
"""

from collections.abc import Iterable
from typing import NamedTuple


class Family(NamedTuple):
    """Functions that stand for each other."""

    asked: frozenset[str]  #: of which an exercise may ask for one
    relatives: frozenset[str]  #: that are then not there either


def _family(asked: str, relatives: str = "") -> Family:
    return Family(frozenset(asked.split()), frozenset(f"{asked} {relatives}".split()))


OF_RNN = """scalar.backward scalar.immediate scalar.path_terms scalar.slopes scalar.total
    rnn.backward rnn.gradients rnn.sweep paths.path_terms paths.rtrl paths.step_jacobians paths.transition
    truncated.chunks truncated.window checkpoint.backward mlp.adjoints mlp.backward"""
OF_GRU = "gru.backward gru.output_slopes gru.sweep_after gru.sweep_before"
# an RNN's steps are those of a scan once its slopes, or its weights, are put into the factors
OF_SCAN = "linear.adjoints linear.backward linear.forward linear.prefixes linear.scan"
OF_LSTM = """lstm.backward lstm.peephole_gradients lstm.slopes lstm97.backward lstm97.slopes
    flow.cell_derivative flow.four_term flow.jacobian_blocks flow.joint_jacobians"""
FAMILIES = (
    _family("scalar.forward rnn.forward checkpoint.forward mlp.forward", f"gru.forward {OF_SCAN}"),
    _family("lstm.forward lstm97.forward"),
    _family(OF_RNN, f"{OF_GRU} {OF_SCAN}"),
    _family("readout.backward", f"{OF_RNN} {OF_GRU}"),  # one step of an RNN without recurrence
    _family(OF_GRU),
    _family(OF_LSTM),
    _family(
        "numgrad.central_difference numgrad.check_gradient numgrad.complex_step",
        """_directional.along _directional.bears_out_beside _directional.by_complex_step
        _directional.by_differences _directional.complex_step_and_witness _directional.derivative""",
    ),
)


def with_relatives(functions: Iterable[str]) -> tuple[str, ...]:
    """These functions and all that do the work of one of them, sorted."""
    asked = set(functions)
    return tuple(sorted(asked.union(*(family.relatives for family in FAMILIES if asked & family.asked))))
