"""`se-resnet-12`: 2,450,793 parameters, 146 million multiply-adds a face.

`se-resnet-14` with one block less and wider ones below: a processor that multiplies matrices works
at its best rate from 128 channels on.
"""

from functools import partial

from fer.images import InputSpec
from fer.zoo.architecture import Architecture, LayerRow
from fer.zoo.se_resnet import RECIPES, build

ARCHITECTURE = Architecture(
    name="se-resnet-12",
    title="Residual network with squeeze and excitation, 12 layers",
    source="ours; He et al. 2016 and Hu et al. 2018",
    parameters=2_450_793,
    input=InputSpec(normalisation="standard"),
    layers=(
        LayerRow("Input, cropped by 2 on each side", (44, 44, 1), 0),
        LayerRow("Conv 3x3, BN, ReLU", (44, 44, 32), 416),
        LayerRow("SE residual block / 2", (22, 22, 48), 37_302),
        LayerRow("SE residual block / 2", (11, 11, 128), 214_672),
        LayerRow("SE residual block", (11, 11, 128), 300_176),
        LayerRow("SE residual block / 2", (6, 6, 240), 843_150),
        LayerRow("SE residual block", (6, 6, 240), 1_053_390),
        LayerRow("Global average, dropout 0.25", (240,), 0),
        LayerRow("Dense, softmax", (7,), 1_687),
    ),
    recipes=RECIPES,
    default_recipe="best",
    builder=partial(
        build,
        stem=32,
        widths=(48, 128, 240),
        blocks=(1, 2, 2),
        cropped_px=2,
        name="se-resnet-12",
    ),
)
