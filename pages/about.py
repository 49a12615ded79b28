"""About: what the studio is for, its limits, the law, sources and versions."""

import platform
from importlib.metadata import PackageNotFoundError, version

import streamlit as st

from fer import __version__

PACKAGES = ("streamlit", "keras", "tensorflow", "ai-edge-litert", "opencv-python-headless", "numpy")

st.title("About")
st.markdown(
    """
fer studio shows how a network learns to tell seven facial expressions apart, and how well or badly
it does. Photos are read on this machine, in memory, and are not kept.

### Limits

- It says what an expression **looks like**. Nobody's feelings can be read from a face, by a network
  or by a person.
- Its teacher, FER-2013, was collected from the web: noisy labels, no record of age, sex or
  ethnicity. People who label it again agree with its labels on about two faces in three, and people
  asked to label it reach about 65 % (reported).
- Expect it to do worse on faces unlike those: turned away, badly lit, very young or old, partly
  covered. It has not been checked for bias, and must not decide anything about anyone.
- The probabilities are those of the network among the labels that it knows, not of the truth. Below
  a threshold that each model's card names the studio says "not sure".

### The law

In the European Union it is **prohibited** to infer emotions of people at work and in education,
apart from medical and safety reasons (AI Act, article 5(1)(f), since 2 February 2025). Elsewhere,
people who are read by such a system must be told (article 50(3)). Ask before you read a face.

### Sources

- Data: FER-2013, Goodfellow and others, *Challenges in Representation Learning*, 2013. Votes:
  FER+, Barsoum and others, 2016. The drawn faces are the studio's own.
- Networks: each names its source on Train, beside its layers. Those that come along as `flagship`
  and `general` are built of residual blocks (He and others, 2016) with squeeze and excitation (Hu
  and others, 2018).
- Face detector: YuNet, Wu, Peng and Yu, 2023; Haar cascades, Viola and Jones, 2001, in OpenCV.
- Colours of the expressions: Okabe and Ito, 2008, distinct with any colour vision.
"""
)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


st.subheader("Versions")
rows = {"fer studio": __version__, "Python": platform.python_version()}
rows |= {package: _version(package) for package in PACKAGES}
st.table(rows, border="horizontal")
