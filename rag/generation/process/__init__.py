"""A generator in a process of its own: a native crash, a hang or want of memory ends that process and no other.

Parent and child speak in lines of JSON over the child's standard input and output. One pickle goes down, the generator
as the parent made it; nothing that comes up is trusted with more than its values.
"""

from rag.generation.process.generator import GeneratorApart

__all__ = ["GeneratorApart"]
