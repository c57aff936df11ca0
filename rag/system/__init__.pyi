from .digests import content_digest as content_digest, file_digest as file_digest, folder_digest as folder_digest
from .files import (
    MEGABYTE as MEGABYTE,
    failed_write as failed_write,
    flush_folder as flush_folder,
    free_megabytes as free_megabytes,
    replacing as replacing,
    write_text as write_text,
    writing as writing,
)
from .hardware import (
    available_memory as available_memory,
    has_native_bfloat16 as has_native_bfloat16,
    one_thread as one_thread,
    usable_threads as usable_threads,
)
from .locking import alone as alone
