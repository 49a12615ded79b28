"""`se-resnet-s`: 935,290 parameters, 64 million multiply-adds a face."""

from functools import partial

from fer.images import InputSpec
from fer.zoo.architecture import Architecture, LayerRow
from fer.zoo.se_resnet import RECIPES, build

ARCHITECTURE = Architecture(
    name="se-resnet-s",
    title="Residual network with squeeze and excitation, small",
    source="ours; He et al. 2016 and Hu et al. 2018",
    parameters=935_290,
    input=InputSpec(normalisation="standard"),
    layers=(
        LayerRow("Input, cropped by 4 on each side", (40, 40, 1), 0),
        LayerRow("Conv 3x3, BN, ReLU", (40, 40, 24), 312),
        LayerRow("SE residual block", (40, 40, 24), 10_731),
        LayerRow("SE residual block / 2", (20, 20, 48), 33_462),
        LayerRow("SE residual block / 2", (10, 10, 112), 171_262),
        LayerRow("SE residual block / 2", (5, 5, 224), 717_948),
        LayerRow("Global average, dropout 0.25", (224,), 0),
        LayerRow("Dense, softmax", (7,), 1_575),
    ),
    recipes=RECIPES,
    default_recipe="best",
    builder=partial(
        build,
        stem=24,
        widths=(24, 48, 112, 224),
        blocks=(1, 1, 1, 1),
        cropped_px=4,
        name="se-resnet-s",
    ),
)
