"""Right formulas of the step, written in other ways."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

from sheetnet.network import Layer, Network
from sheetnet.network_file import load_network
from sheetnet.workbook import Workbook
from tests.support.quantities import Array, Content, edited
from tests.support.sheets import step_book

D02B, RELU, XOR, NODE, BINARY = "d02b", "relu-sigmoid-softmax", "xor-batch", "bias-node", "sigmoid-with-binary"


@dataclass(frozen=True)
class Rewriting:
    """Another formula for one cell, with what it needs besides: helper cells and names.

    All texts name cells by quantity (tests/support/quantities.py). `shape` makes the formula an array's.
    """

    template: str
    block: str
    row: int
    column: int
    formula: str
    cells: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    shape: tuple[int, int] | None = None

    def __str__(self) -> str:
        return f"{self.template}-{self.block}-{self.row}-{self.column}-{self.formula}"


@cache
def book(template: str) -> tuple[Network, Workbook]:
    """A template's network and workbook; one network is made here, for no template has its pair of output and loss."""
    network = sigmoid_with_binary() if template == BINARY else load_network(template)
    return network, step_book(network)


def sigmoid_with_binary() -> Network:
    """2-2-1 with sigmoid and binary cross-entropy, where δ is a − T."""
    layers = (
        Layer("tanh", ((0.3, -0.4), (0.7, 0.2), (0.1, -0.2))),
        Layer("sigmoid", ((0.5,), (-0.6,), (0.25,))),
    )
    inputs, targets = ((0.5, -1.0), (0.25, 2.0)), ((0.25,), (0.875,))
    return Network("2-2-1", "tests", inputs, targets, layers, "binary_cross_entropy", 0.5)


def rewritten(rewriting: Rewriting) -> tuple[Workbook, Network]:
    """The template's workbook with the other formula in place."""
    network, workbook = book(rewriting.template)
    block, row, column = rewriting.block, rewriting.row, rewriting.column
    entry: Content = "=" + rewriting.formula
    place = f"{{{block}[{row},{column}]}}"
    if rewriting.shape is not None:
        place = f"{{{block}[0,0]:[{rewriting.shape[0] - 1},{rewriting.shape[1] - 1}]}}"
        entry = Array(rewriting.formula)
    helpers = {address: "=" + text for address, text in rewriting.cells.items()}
    names = {f"@{name}": text for name, text in rewriting.names.items()}
    return edited(workbook, network, helpers | names | {place: entry}), network


def of(template: str, block: str, *formulas: str, row: int = 0, column: int = 0) -> list[Rewriting]:
    """Rewritings of one cell by formulas alone."""
    return [Rewriting(template, block, row, column, formula) for formula in formulas]


SUMS = [
    *of(
        D02B,
        "z_1",
        "SUMPRODUCT(TRANSPOSE({A_0}),{W_1[:,0]})",
        "SUMPRODUCT(TRANSPOSE({A_0})*{W_1[:,0]})",
        "SUMPRODUCT(--(TRANSPOSE({A_0})),{W_1[:,0]})",
        "SUMPRODUCT(TRANSPOSE({A_0[$:,$:]}),{W_1[$:,$0]})",
        "MMULT({A_0},{W_1[:,0]})",
        "SUM(MMULT({A_0},{W_1[:,0]}))",
        "INDEX(MMULT({A_0},{W_1}),1,1)",
        "SUM(MMULT(TRANSPOSE({W_1[:,0]}),TRANSPOSE({A_0})))",
        "SUMPRODUCT({W_1[:,0]},TRANSPOSE({A_0}))",
        "SUM({A_0}*TRANSPOSE({W_1[:,0]}))",
        "{A_0[0,0]}*{W_1[0,0]}+{A_0[0,1]}*{W_1[1,0]}+{W_1[2,0]}",
        "{W_1[2,0]}+{W_1[1,0]}*{A_0[0,1]}+{W_1[0,0]}*{A_0[0,0]}",
        "SUM({A_0[0,0]}*{W_1[0,0]},{A_0[0,1]}*{W_1[1,0]},{W_1[2,0]})",
        "PRODUCT({A_0[0,0]},{W_1[0,0]})+PRODUCT({A_0[0,1]},{W_1[1,0]})+{W_1[2,0]}",
        "({A_0[0,0]}+{A_0[0,1]}*{W_1[1,0]}/{W_1[0,0]})*{W_1[0,0]}+{W_1[2,0]}",
        "-(-{A_0[0,0]}*{W_1[0,0]}-{A_0[0,1]}*{W_1[1,0]}-{W_1[2,0]})",
        "SUMPRODUCT(TRANSPOSE(A_0),INDEX(W_1,0,1))",
        "SUMPRODUCT(INDEX(W_1,0,1),TRANSPOSE({A_0}))",
        "INDEX({A_0},1,1)*INDEX({W_1},1,1)+INDEX({A_0},1,2)*INDEX({W_1},2,1)+INDEX({W_1},3,1)",
        "SUMPRODUCT(TRANSPOSE({A_0}),OFFSET({W_1[0,0]},0,0,3,1))",
        "OFFSET({A_0[0,0]},0,0)*{W_1[0,0]}+OFFSET({A_0[0,0]},0,1)*{W_1[1,0]}+{W_1[2,0]}",
        "SUMPRODUCT(TRANSPOSE(Step!{A_0}),Step!{W_1[:,0]})",
        "SUMPRODUCT(TRANSPOSE('Step'!{A_0[$0,$:]}),Step!{W_1[$:,0]})",
        "LET(x,TRANSPOSE({A_0}),w,{W_1[:,0]},SUMPRODUCT(x,w))",
        "LET(x,{A_0[0,0]},y,{A_0[0,1]},s,x*{W_1[0,0]}+y*{W_1[1,0]},s+{W_1[2,0]})",
        "LAMBDA(a,b,SUMPRODUCT(a,b))(TRANSPOSE({A_0}),{W_1[:,0]})",
        "SUM(MAP(TRANSPOSE({A_0}),{W_1[:,0]},LAMBDA(a,w,a*w)))",
        "sumproduct( TRANSPOSE({A_0}) , {W_1[:,0]} )",
    ),
    *of(D02B, "z_1", "(({A_0[0,0]}*({W_1[0,1]}))+({A_0[0,1]}*{W_1[1,1]}))+{W_1[2,1]}", column=1),
    *of(
        XOR,
        "z_1",
        "SUMPRODUCT(INDEX(TRANSPOSE({A_0}),0,3),{W_1[:,1]})",
        "SUMPRODUCT({A_0[2,0]}*{W_1[0,1]}+{A_0[2,1]}*{W_1[1,1]})+{W_1[2,1]}",
        "IF({A_0[2,0]}=0,0,{A_0[2,0]}*{W_1[0,1]})+IF({A_0[2,1]}=0,0,{A_0[2,1]}*{W_1[1,1]})+{W_1[2,1]}",
        row=2,
        column=1,
    ),
]
SIGMOIDS = [
    *of(
        D02B,
        "A_1",
        "EXP({z_1[0,0]})/(1+EXP({z_1[0,0]}))",
        "1/(1+1/EXP({z_1[0,0]}))",
        "1-1/(1+EXP({z_1[0,0]}))",
        "(1+TANH({z_1[0,0]}/2))/2",
        "0.5+0.5*TANH(0.5*{z_1[0,0]})",
        "50%*(1+TANH({z_1[0,0]}*50%))",
        "1/(1+EXP(1)^-{z_1[0,0]})",
        "1/(1+EXP(1)^(-{z_1[0,0]}))",
        "1/(1+POWER(EXP(1),-{z_1[0,0]}))",
        "1/(EXP(-1*{z_1[0,0]})+1)",
        "(1+EXP(-{z_1[0,0]}))^-1",
        "(1+EXP(-{z_1[0,0]}))^(-1)",
        "POWER(1+EXP(-{z_1[0,0]}),-1)",
        "EXP(-LN(1+EXP(-{z_1[0,0]})))",
        "EXP({z_1[0,0]}/2)/(EXP({z_1[0,0]}/2)+EXP(-{z_1[0,0]}/2))",
        "EXP({z_1[0,0]}/2)/(2*COSH({z_1[0,0]}/2))",
        "IF({z_1[0,0]}>=0,1/(1+EXP(-{z_1[0,0]})),EXP({z_1[0,0]})/(1+EXP({z_1[0,0]})))",
        "LET(e,EXP(-{z_1[0,0]}),1/(1+e))",
        "LAMBDA(z,1/(1+EXP(-z)))({z_1[0,0]})",
        "1/(1+EXP(-INDEX({z_1},1,1)))",
        "IFERROR(1/(1+EXP(-{z_1[0,0]})),0)",
        "1/(1+EXP(-SUMPRODUCT(TRANSPOSE({A_0}),{W_1[:,0]})))",
        "1/(1+EXP(-({A_0[0,0]}*{W_1[0,0]}+{A_0[0,1]}*{W_1[1,0]}+{W_1[2,0]})))",
    ),
    *of(D02B, "a_2", "1/(1+EXP(-{A_1[0,0]}*{W_2[0,1]}-{A_1[0,1]}*{W_2[1,1]}-{W_2[2,1]}))", column=1),
]
BACKWARD = [
    *of(
        NODE,
        "da_dz_2",
        "{a_2[0,0]}-{a_2[0,0]}^2",
        "{a_2[0,0]}-{a_2[0,0]}*{a_2[0,0]}",
        "(1-{a_2[0,0]})*{a_2[0,0]}",
        "{a_2[0,0]}-POWER({a_2[0,0]},2)",
        "{a_2[0,0]}-SUMSQ({a_2[0,0]})",
        "PRODUCT({a_2[0,0]},1-{a_2[0,0]})",
        "0.25-({a_2[0,0]}-0.5)^2",
        "-({a_2[0,0]}-1)*{a_2[0,0]}",
        "EXP(-{z_2[0,0]})/(1+EXP(-{z_2[0,0]}))^2",
        "1/(2+EXP({z_2[0,0]})+EXP(-{z_2[0,0]}))",
        "(1-TANH({z_2[0,0]}/2)^2)/4",
        "{a_2[0,0]}^2*EXP(-{z_2[0,0]})",
    ),
    *of(
        NODE,
        "dC_da_2",
        "-({target[0,1]}-{a_2[0,1]})",
        "{a_2[0,1]}+-{target[0,1]}",
        "SUM({a_2[0,1]},-{target[0,1]})",
        "2*({a_2[0,1]}-{target[0,1]})/2",
        "SIGN({a_2[0,1]}-{target[0,1]})*ABS({a_2[0,1]}-{target[0,1]})",
        column=1,
    ),
    *of(
        NODE,
        "delta_2",
        "({a_2[0,0]}-{target[0,0]})*{a_2[0,0]}*(1-{a_2[0,0]})",
        "{da_dz_2[0,0]}*{dC_da_2[0,0]}",
        "PRODUCT({dC_da_2[0,0]},{da_dz_2[0,0]})",
    ),
    *of(
        NODE,
        "dC_da_1",
        "{delta_2[0,0]}*{W_2[1,0]}+{delta_2[0,1]}*{W_2[1,1]}",
        "MMULT({delta_2},TRANSPOSE({W_2[1,:]}))",
        "SUMPRODUCT({delta_2},INDEX(W_2,2,0))",
        "SUMXMY2({delta_2},-{W_2[1,:]})/2-SUMSQ({delta_2})/2-SUMSQ({W_2[1,:]})/2",
        column=1,
    ),
    *of(NODE, "delta_1", "SUMPRODUCT({delta_2},{W_2[0,:]})*{A_1[0,0]}*(1-{A_1[0,0]})"),
    *of(XOR, "da_dz_1", "1-{A_1[1,2]}^2", "1-TANH({z_1[1,2]})^2", "1/COSH({z_1[1,2]})^2", row=1, column=2),
    *of(XOR, "da_dz_1", "(1-{A_1[1,2]})*(1+{A_1[1,2]})", "4/(EXP({z_1[1,2]})+EXP(-{z_1[1,2]}))^2", row=1, column=2),
    *of(
        XOR,
        "A_1",
        "(EXP({z_1[3,0]})-EXP(-{z_1[3,0]}))/(EXP({z_1[3,0]})+EXP(-{z_1[3,0]}))",
        "2/(1+EXP(-2*{z_1[3,0]}))-1",
        "SINH({z_1[3,0]})/COSH({z_1[3,0]})",
        row=3,
    ),
    *of(
        XOR,
        "dC_dW_1",
        "AVERAGE({A_0[0,0]}*{delta_1[0,1]},{A_0[1,0]}*{delta_1[1,1]},{A_0[2,0]}*{delta_1[2,1]},{A_0[3,0]}*{delta_1[3,1]})",
        "SUMPRODUCT({A_0[:,0]},{delta_1[:,1]})/COUNT({A_0[:,0]})",
        "SUMPRODUCT({A_0[:,0]},{delta_1[:,1]})/ROWS(A_0)",
        "MMULT(TRANSPOSE({A_0[:,0]}),{delta_1[:,1]})*0.25",
        "MMULT(TRANSPOSE({A_0[:,0]}),{delta_1[:,1]})/4",
        "25%*SUMPRODUCT({A_0[:,0]}*{delta_1[:,1]})",
        column=1,
    ),
    *of(XOR, "dC_dW_2", "AVERAGE({delta_2})", "SUM({delta_2})/4", "SUM({delta_2})/COUNT({delta_2})", row=3),
    *of(
        D02B,
        "W_2_new",
        "{W_2[0,0]}-gamma*{dC_dW_2[0,0]}",
        "-gamma*{dC_dW_2[0,0]}+{W_2[0,0]}",
        "{W_2[0,0]}-{gamma[$0,$0]}*{delta_2[0,0]}*{A_1[0,0]}",
        "SUM({W_2[0,0]},-PRODUCT({gamma},{dC_dW_2[0,0]}))",
        "{W_2[0,0]}+({dC_dW_2[0,0]}*(-{gamma}))",
        "SUM({beside[:,0]})-SUM({beside[:,0]})+{W_2[0,0]}-{gamma}*{dC_dW_2[0,0]}",
    ),
]
RELUS = [
    *of(
        RELU,
        "A_1",
        "MAX({z_1[0,1]},0)",
        "IF({z_1[0,1]}>0,{z_1[0,1]},0)",
        "IF({z_1[0,1]}<0,0,{z_1[0,1]})",
        "IF(NOT({z_1[0,1]}>0),0,{z_1[0,1]})",
        "({z_1[0,1]}>0)*{z_1[0,1]}",
        "({z_1[0,1]}+ABS({z_1[0,1]}))/2",
        "({z_1[0,1]}+SQRT({z_1[0,1]}^2))/2",
        "{z_1[0,1]}*(1+SIGN({z_1[0,1]}))/2",
        "IFS({z_1[0,1]}>0,{z_1[0,1]},TRUE,0)",
        "CHOOSE(1+({z_1[0,1]}>0),0,{z_1[0,1]})",
        "-MIN(0,-{z_1[0,1]})",
        "IF(AND({z_1[0,1]}>0,TRUE),{z_1[0,1]},0)",
        "LARGE({z_1[0,1]}:{z_1[0,1]},1)*({z_1[0,1]}>0)",
        "MEDIAN(0,{z_1[0,1]},10^9)",
        column=1,
    ),
    *of(
        RELU,
        "da_dz_1",
        "IF({z_1[0,2]}<=0,0,1)",
        "--({z_1[0,2]}>0)",
        "({z_1[0,2]}>0)*1",
        "N({z_1[0,2]}>0)",
        "IF({A_1[0,2]}>0,1,0)",
        "SIGN({A_1[0,2]})",
        "MAX(0,SIGN({z_1[0,2]}))",
        "IF(OR({z_1[0,2]}<0,{z_1[0,2]}=0),0,1)",
        "(SIGN({z_1[0,2]})+1)/2",
        "SWITCH(SIGN({z_1[0,2]}),1,1,0)",
        "CHOOSE(2+SIGN({z_1[0,2]}),0,0,1)",
        column=2,
    ),
    *of(RELU, "delta_1", "IF({z_1[0,0]}>0,{dC_da_1[0,0]},0)"),
]
OUTPUTS = [
    *of(
        RELU,
        "a_3",
        "EXP({z_3[0,1]})/SUM(EXP({z_3[0,0]}),EXP({z_3[0,1]}),EXP({z_3[0,2]}))",
        "EXP({z_3[0,1]})/SUMPRODUCT(EXP({z_3}))",
        "EXP({z_3[0,1]})/SUM(EXP({z_3}))",
        "{e_3[0,1]}/({e_3[0,0]}+{e_3[0,1]}+{e_3[0,2]})",
        "1/(EXP({z_3[0,0]}-{z_3[0,1]})+1+EXP({z_3[0,2]}-{z_3[0,1]}))",
        "EXP({z_3[0,1]}-LN(SUMPRODUCT(EXP({z_3}))))",
        "1-({e_3[0,0]}+{e_3[0,2]})/SUM({e_3})",
        "{e_3[0,1]}/AVERAGE({e_3})/3",
        column=1,
    ),
    *of(RELU, "e_3", "EXP({z_3[0,1]})/EXP(MAX({z_3}))", "EXP(1)^({z_3[0,1]}-MAX({z_3}))", column=1),
    *of(
        RELU,
        "cost_out",
        "-IF({target[0,0]}=0,0,{target[0,0]}*LN({a_3[0,0]}))-IF({target[0,0]}=1,0,(1-{target[0,0]})*LN(1-{a_3[0,0]}))",
        "-(LN({a_3[0,0]})*{target[0,0]}+LN(1-{a_3[0,0]})*(1-{target[0,0]}))",
        "-LN({a_3[0,0]}^{target[0,0]}*(1-{a_3[0,0]})^(1-{target[0,0]}))",
        "{target[0,0]}*LN(1/{a_3[0,0]})+(1-{target[0,0]})*LN(1/(1-{a_3[0,0]}))",
        "-{target[0,0]}*LOG({a_3[0,0]},EXP(1))-(1-{target[0,0]})*LOG(1-{a_3[0,0]},EXP(1))",
        "-({target[0,0]}*LOG10({a_3[0,0]})+(1-{target[0,0]})*LOG10(1-{a_3[0,0]}))/LOG10(EXP(1))",
        "-({target[0,0]}*LOG({a_3[0,0]})+(1-{target[0,0]})*LOG(1-{a_3[0,0]}))*LN(10)",
        "-(LN(1-{a_3[0,0]})+{target[0,0]}*LN({a_3[0,0]}/(1-{a_3[0,0]})))",
    ),
    *of(RELU, "dC_da_3", "(1-{target[0,2]})/(1-{a_3[0,2]})-{target[0,2]}/{a_3[0,2]}", column=2),
    *of(RELU, "dC_da_3", "({a_3[0,2]}-{target[0,2]})/({a_3[0,2]}*(1-{a_3[0,2]}))", column=2),
    *of(RELU, "J_3", "-{a_3[0,1]}*{a_3[0,0]}", "{a_3[0,1]}*(0-{a_3[0,0]})", row=1, column=0),
    *of(RELU, "J_3", "{a_3[0,1]}-{a_3[0,1]}^2", "{da_dz_3[0,1]}", row=1, column=1),
    *of(RELU, "delta_3", "{a_3[0,0]}*({dC_da_3[0,0]}-SUMPRODUCT({dC_da_3},{a_3}))"),
    *of(RELU, "delta_3", "MMULT({dC_da_3},{J_3[:,0]})", "SUM({dC_da_3}*{J_3[0,:]})"),
    *of(RELU, "W_3_new", "{W_3[3,0]}", "{W_3[3,0]}-0*{gamma}*{dC_dW_3[3,0]}", row=3),
    *of(BINARY, "delta_2", "{a_2[1,0]}-{target[1,0]}", "-({target[1,0]}-{a_2[1,0]})", row=1),
    *of(BINARY, "delta_2", "{a_2[1,0]}*(1-{target[1,0]})-{target[1,0]}*(1-{a_2[1,0]})", row=1),
    *of(
        D02B,
        "cost_out",
        "({a_2[0,1]}-{target[0,1]})^2/2",
        "POWER({target[0,1]}-{a_2[0,1]},2)/2",
        "0.5*SUMSQ({a_2[0,1]}-{target[0,1]})",
        "0.5*ABS({a_2[0,1]}-{target[0,1]})^2",
        "({a_2[0,1]}^2-2*{a_2[0,1]}*{target[0,1]}+{target[0,1]}^2)/2",
        "50%*({target[0,1]}-{a_2[0,1]})*({target[0,1]}-{a_2[0,1]})",
        "1/2*(-({a_2[0,1]}-{target[0,1]}))^2",
        "SQRT(({a_2[0,1]}-{target[0,1]})^4)/2",
        column=1,
    ),
    *of(
        D02B,
        "cost_n",
        "SUMXMY2({a_2},{target})/2",
        "SUMPRODUCT(({a_2}-{target})^2)/2",
        "{cost_out[0,0]}+{cost_out[0,1]}",
        "2*AVERAGE({cost_out})",
        "SUMPRODUCT({a_2}-{target},{a_2}-{target})/2",
        "(SUMSQ({a_2})-2*SUMPRODUCT({a_2},{target})+SUMSQ({target}))/2",
        "SUM(REDUCE(0,{cost_out},LAMBDA(s,c,s+c)))",
    ),
    *of(
        XOR,
        "cost",
        "AVERAGE({cost_n})",
        "SUM({cost_n})/COUNT({cost_n})",
        "SUMXMY2({a_2},{target})/8",
        "({cost_n[0,0]}+{cost_n[1,0]}+{cost_n[2,0]}+{cost_n[3,0]})/4",
        "SUBTOTAL(1,{cost_n})",
        "AVERAGE({cost_n[0,0]},{cost_n[1,0]},{cost_n[2,0]},{cost_n[3,0]})",
    ),
    *of(D02B, "cost_new", "SUMXMY2({a_2_new},{target})/2", "{cost_n_new}"),
    *of(
        D02B,
        "W_1_new",
        "TRANSPOSE({W_1[2,0]})",
        "INDEX({W_1},3,1)",
        "{W_1[2,0]}",
        "Step!{W_1[$2,$0]}",
        "INDEX(W_1,3,1)",
        row=2,
    ),
    *of(D02B, "A_1", "1^{z_1[0,0]}", "SUM(1)", "{A_0[0,2]}", column=2),
]
