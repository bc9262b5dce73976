"""Managers: one is kept open by a number, and every action tells what the manager says afterwards. Time stands still unless told to go on."""
import datetime
import json
import pathlib
import time
import types

import jax
import numpy as np
import orbax.checkpoint as ocp
from etils import epath
from orbax.checkpoint import checkpoint_manager as manager_module
from orbax.checkpoint import v1
from orbax.checkpoint._src.checkpoint_managers import preservation_policy
from orbax.checkpoint._src.checkpoint_managers import save_decision_policy
from orbax.checkpoint._src.path import atomicity
from orbax.checkpoint._src.path import deleter
from orbax.checkpoint._src.path import step as step_lib

from operations import operation

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
_nanoseconds = None
_preempted = ()
_managers = {}


class _Datetime(datetime.datetime):

  @classmethod
  def now(cls, tz=None):
    del tz
    return _EPOCH + datetime.timedelta(microseconds=_now() // 1000)


def _now():
  return time.time_ns() if _nanoseconds is None else _nanoseconds


def _stop_time():
  # The managers ask these modules for the time of a step: when it was begun, and when it was committed.
  shim = types.SimpleNamespace(datetime=_Datetime, timedelta=datetime.timedelta, timezone=datetime.timezone)
  for module in (manager_module, preservation_policy, deleter):
    module.datetime = shim
  atomicity.time = types.SimpleNamespace(time=time.time, time_ns=_now)
  manager_module.utils.reached_preemption = lambda step: step in _preempted


def _loss(metrics):
  return metrics['loss']


def _preservation(spec):
  kind = spec['kind']
  if kind == 'AnyPreservationPolicy':
    return preservation_policy.AnyPreservationPolicy([_preservation(inner) for inner in spec['policies']])
  if kind == 'LatestDuration':
    return preservation_policy.LatestDuration(datetime.timedelta(seconds=spec['seconds']))
  if kind == 'BestN':
    return preservation_policy.BestN(
        get_metric_fn=_loss, reverse=spec['reverse'], n=spec['n'], keep_checkpoints_without_metrics=spec['keep_without_metrics'])
  return getattr(preservation_policy, kind)(**{name: value for name, value in spec.items() if name != 'kind'})


def _decision(spec):
  kind = spec['kind']
  if kind == 'AnySavePolicy':
    return save_decision_policy.AnySavePolicy([_decision(inner) for inner in spec['policies']])
  return getattr(save_decision_policy, kind)(**{name: value for name, value in spec.items() if name != 'kind'})


def _format(spec):
  if isinstance(spec, list):
    formats = [_format(inner) for inner in spec]
    return step_lib.composite_name_format(formats[0], formats)
  return step_lib.standard_name_format(step_prefix=spec.get('prefix'), step_format_fixed_length=spec.get('fixed_length'))


class _V0:

  def __init__(self, root, options):
    fields = {
        name: options[name]
        for name in (
            'save_interval_steps', 'max_to_keep', 'keep_period', 'best_mode', 'keep_checkpoints_without_metrics', 'step_prefix',
            'step_format_fixed_length', 'cleanup_tmp_directories', 'save_on_steps', 'single_host_load_and_broadcast', 'todelete_subdir',
            'enable_background_delete', 'read_only', 'enable_async_checkpointing', 'create', 'save_root_metadata')
        if name in options
    }
    if 'keep_time_interval' in options:
      fields['keep_time_interval'] = datetime.timedelta(seconds=options['keep_time_interval'])
    if options.get('best'):
      fields['best_fn'] = _loss
    if 'should_save_every' in options:
      every = options['should_save_every']
      fields['should_save_fn'] = lambda step, last: step - (last or 0) >= every
    if 'save_decision_policy' in options:
      fields['save_decision_policy'] = _decision(options['save_decision_policy'])
    if 'preservation_policy' in options:
      fields['preservation_policy'] = _preservation(options['preservation_policy'])
    if 'step_name_format' in options:
      fields['step_name_format'] = _format(options['step_name_format'])
    if 'atomicity' in options:
      fields['atomicity_options'] = ocp.options.AtomicityOptions(
          mode=ocp.options.AtomicityMode(options['atomicity']), allow_legacy_atomic_rename=options.get('allow_legacy', False))
    self._composite = options.get('composite', False)
    self._manager = ocp.CheckpointManager(root, options=ocp.CheckpointManagerOptions(**fields), metadata=options.get('root_metadata'))
    # It cleans up in the background, and would take away what comes afterwards.
    self._manager._maybe_await_cleanup_tmp_directory()

  def infos(self):
    return list(self._manager._checkpoints)

  def latest(self):
    return self._manager.latest_step()

  def best(self):
    return self._manager.best_step()

  def should_save(self, step):
    return self._manager.should_save(step)

  def save(self, step, tree, metrics, custom_metadata, force, wait):
    args = ocp.args.StandardSave(tree)
    if self._composite:
      args = ocp.args.Composite(state=args, info=ocp.args.JsonSave({'step': step}))
    saved = self._manager.save(step, args=args, metrics=metrics, custom_metadata=custom_metadata, force=force)
    if wait:
      self.wait()
    return saved

  def restore(self, step):
    if self._composite:
      return self._manager.restore(step, args=ocp.args.Composite(state=ocp.args.StandardRestore()))['state']
    return self._manager.restore(step, args=ocp.args.StandardRestore())

  def metrics(self, step):
    return self._manager.metrics(step)

  def root_metadata(self):
    return self._manager.metadata().custom_metadata

  def delete(self, step):
    self._manager.delete(step)

  def reload(self):
    self._manager.reload()

  def wait(self):
    self._manager.wait_until_finished()

  def close(self):
    self._manager.close()


class _V1:

  def __init__(self, root, options):
    fields = {}
    if 'save_decision_policy' in options:
      fields['save_decision_policy'] = _decision(options['save_decision_policy'])
    if 'preservation_policy' in options:
      fields['preservation_policy'] = _preservation(options['preservation_policy'])
    if 'step_name_format' in options:
      fields['step_name_format'] = _format(options['step_name_format'])
    self._composite = options.get('composite', False)
    self._checkpointer = v1.training.Checkpointer(
        root, custom_metadata=options.get('root_metadata'), cleanup_tmp_directories=options.get('cleanup_tmp_directories', False), **fields)
    self._checkpointer._manager._maybe_await_cleanup_tmp_directory()

  def infos(self):
    infos = list(self._checkpointer._manager._checkpoints)
    return [next(info for info in infos if info.step == checkpoint.step) for checkpoint in self._checkpointer.checkpoints]

  def latest(self):
    latest = self._checkpointer.latest
    return None if latest is None else latest.step

  def best(self):
    return self.latest()

  def should_save(self, step):
    return self._checkpointer.should_save(step)

  def save(self, step, tree, metrics, custom_metadata, force, wait):
    keywords = {'metrics': metrics, 'custom_metadata': custom_metadata, 'force': force}
    if self._composite:
      save, save_async, value = self._checkpointer.save_checkpointables, self._checkpointer.save_checkpointables_async, {'state': tree, 'info': tree}
    else:
      save, save_async, value = self._checkpointer.save, self._checkpointer.save_async, tree
    if wait:
      return save(step, value, **keywords)
    return save_async(step, value, **keywords) is not None

  def restore(self, step):
    return self._checkpointer.load(step)

  def metrics(self, step):
    return next(checkpoint.metrics for checkpoint in self._checkpointer.checkpoints if checkpoint.step == step)

  def root_metadata(self):
    return self._checkpointer.root_metadata().custom_metadata

  def delete(self, step):
    self._checkpointer.delete(step)

  def reload(self):
    self._checkpointer.reload()

  def wait(self):
    self._checkpointer.wait()

  def close(self):
    self._checkpointer.close()


def _plain(value):
  """JSON without NaN: what is not a number is the string of its letters."""
  if value is None or isinstance(value, (bool, str)):
    return value
  if isinstance(value, dict):
    return {name: _plain(inner) for name, inner in value.items()}
  if isinstance(value, (list, tuple)):
    return [_plain(inner) for inner in value]
  text = json.dumps(value)
  return text if text in ('NaN', 'Infinity', '-Infinity') else value


def _number(value):
  return None if value is None else float(value) if isinstance(value, str) else value


def _state(manager):
  infos = manager.infos()
  return {
      'steps': [info.step for info in infos],
      'times': [(info.time - _EPOCH) // datetime.timedelta(microseconds=1) for info in infos],
      'known_metrics': [_plain(info.metrics) for info in infos],
      'latest': manager.latest(),
      'best': manager.best(),
  }


def _act(manager, do, step, metrics, custom_metadata, force, wait):
  if metrics is not None:
    metrics = {name: _number(value) for name, value in metrics.items()}
  if do == 'save':
    tree = {'w': jax.device_put(np.arange(4, dtype=np.float32) + step), 'n': jax.device_put(np.array([step], np.int32))}
    return manager.save(step, tree, metrics, custom_metadata, force, wait)
  manager.wait()
  if do == 'restore':
    return float(np.asarray(manager.restore(step)['w'])[0])
  if do == 'metrics':
    return [_plain(manager.metrics(info.step)) for info in manager.infos()]
  if do == 'should_save':
    return manager.should_save(step)
  if do == 'root_metadata':
    return manager.root_metadata()
  return {'delete': lambda: manager.delete(step), 'reload': manager.reload, 'wait': manager.wait}[do]()


@operation
def manager_open(manager, root, options, now):
  global _nanoseconds
  _stop_time()
  _nanoseconds = now
  _managers[manager] = ((_V1 if options.get('v1') else _V0)(epath.Path(root), options), tuple(options.get('preempted', ())))
  return _state(_managers[manager][0])


@operation
def manager_act(manager, now, do, step=None, metrics=None, custom_metadata=None, force=False, wait=True):
  global _nanoseconds, _preempted
  opened, _preempted = _managers[manager]
  _nanoseconds = now
  try:
    result = _act(opened, do, step, metrics, custom_metadata, force, wait)
  except Exception as error:
    result = {'refused': f'{type(error).__name__}: {error}'[:500]}
  return {'result': result, **_state(opened)}


@operation
def manager_close(manager):
  global _nanoseconds, _preempted
  opened, _ = _managers[manager]
  try:
    opened.close()
  finally:
    del _managers[manager]
    if not _managers:
      _nanoseconds, _preempted = None, ()


@operation
def manager_full_path_name(step_folder, todelete_full_path, now):
  """Where a step of a bucket is moved, with a folder in place of the bucket."""
  global _nanoseconds
  _stop_time()
  _nanoseconds = now
  folder = pathlib.Path(step_folder)
  bucket = folder.parents[2]
  real = deleter.epath, deleter.urlparse
  deleter.epath = types.SimpleNamespace(Path=lambda path: epath.Path(str(path).replace('gs://bucket', str(bucket))))
  deleter.urlparse = lambda path: types.SimpleNamespace(netloc='bucket', scheme='')
  try:
    standard = deleter.StandardCheckpointDeleter.__new__(deleter.StandardCheckpointDeleter)
    standard._todelete_full_path = todelete_full_path
    standard._path_deleter = deleter.PathDeleter(epath.Path(folder.parent))
    standard._gcs_rename_step(int(folder.name), epath.Path(folder))
  finally:
    deleter.epath, deleter.urlparse = real
    _nanoseconds = None
  return sorted(str(path.relative_to(bucket)) for path in bucket.rglob('*') if path.is_file())
