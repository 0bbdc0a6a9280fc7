import re
import threading

import pytest
import torch

from Recommenders.MatrixFactorization.PyTorch._device import (
    LARGEST_ONE_THREAD_BATCH,
    choose_device,
    choose_threads,
    torch_threads,
)


@pytest.fixture
def two_gpus(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)


@pytest.fixture
def no_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


def test_auto_is_cuda_where_it_is(two_gpus):
    assert choose_device("auto").type == "cuda"
    assert choose_device("cuda:1") == torch.device("cuda:1")
    assert choose_device("cpu").type == "cpu"
    with pytest.raises(ValueError, match=r"'cuda:0', 'cuda:1'.*, got 'cuda:2'"):
        choose_device("cuda:2")


def test_auto_is_the_cpu_elsewhere(no_gpu):
    assert choose_device("auto").type == "cpu"
    for name in ("cuda", "cuda:0", "mps", "gpu"):
        with pytest.raises(ValueError, match=f"device must be one of 'auto', 'cpu', got '{name}'"):
            choose_device(name)


def test_mps_is_taken_by_name_alone(no_gpu, monkeypatch):
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert choose_device("auto").type == "cpu"
    assert choose_device("mps").type == "mps"


@pytest.mark.parametrize("name", [None, 0, torch.device("cpu")])
def test_a_name_that_is_no_string_is_refused(name):
    with pytest.raises(TypeError, match="must be one of 'auto'"):
        choose_device(name)


@pytest.mark.parametrize("name", ["cuda", "cuda:1"])
@pytest.mark.parametrize(
    ("version", "reason"),
    [(None, f"this torch, {torch.__version__}, is a build without CUDA"), ("12.8", "torch finds no CUDA device")],
)
def test_a_missing_cuda_is_said_with_its_reason(name, version, reason, no_gpu, monkeypatch):
    monkeypatch.setattr(torch.version, "cuda", version)
    with pytest.raises(ValueError, match=f"device must be one of 'auto', 'cpu', got '{name}'; {re.escape(reason)}"):
        choose_device(name)


@pytest.mark.parametrize(("is_built", "reason"), [(False, "is a build without MPS"), (True, "finds no MPS device")])
def test_a_missing_mps_is_said_with_its_reason(is_built, reason, no_gpu, monkeypatch):
    monkeypatch.setattr(torch.backends.mps, "is_built", lambda: is_built)
    with pytest.raises(ValueError, match=f"got 'mps'; .*{reason}"):
        choose_device("mps")


@pytest.mark.parametrize("name", ["cuda:2", "gpu"])
def test_another_name_is_refused_with_the_list_alone(name, two_gpus):
    with pytest.raises(ValueError, match=f"'cuda', 'cuda:0', 'cuda:1', got '{name}'$"):
        choose_device(name)


def test_a_small_batch_has_one_thread(monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 7)
    assert choose_threads(None, 1, LARGEST_ONE_THREAD_BATCH) == 1
    assert choose_threads(None, 2, LARGEST_ONE_THREAD_BATCH) == 7
    assert choose_threads(3, 1, 1) == 3


def test_overlapping_blocks_restore_the_number_of_threads():
    before = torch.get_num_threads()
    first, second = torch_threads(before + 1), torch_threads(before + 2)
    first.__enter__()
    second.__enter__()
    assert torch.get_num_threads() == before + 2
    first.__exit__(None, None, None)
    second.__exit__(None, None, None)
    assert torch.get_num_threads() == before


def test_a_block_goes_on_with_its_number_after_one_within_it():
    before = torch.get_num_threads()
    with torch_threads(before + 1):
        with torch_threads(before + 2):
            assert torch.get_num_threads() == before + 2
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before


def test_a_block_of_another_thread_that_ends_later_restores_nothing_here():
    before = torch.get_num_threads()
    entered, leave = threading.Event(), threading.Event()

    def other():
        with torch_threads(before + 2):
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=other)
    with torch_threads(before + 1):
        thread.start()
        assert entered.wait(10)
    assert torch.get_num_threads() == before
    leave.set()
    thread.join()
    assert torch.get_num_threads() == before


def test_an_interrupt_while_the_number_is_set_is_undone(monkeypatch):
    before, set_num_threads = torch.get_num_threads(), torch.set_num_threads
    interrupts = iter([KeyboardInterrupt])

    def interrupted_once(number):
        set_num_threads(number)
        for interrupt in interrupts:
            raise interrupt

    monkeypatch.setattr(torch, "set_num_threads", interrupted_once)
    with pytest.raises(KeyboardInterrupt), torch_threads(before + 1):
        pass
    assert torch.get_num_threads() == before
    with torch_threads(before + 1):
        assert torch.get_num_threads() == before + 1
    assert torch.get_num_threads() == before
