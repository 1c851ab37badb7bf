"""Run inside gdb on one file with DWARF: prints, as JSON, the offsets of the fields that the core reader needs."""

import json
import sys

import gdb

# Ours -> (CPython's names of the structure, {our name of a field: what CPython has called it}). Offsets are in bytes;
# a bit field is [first bit, bits]. What a version does not have is left out.
def same(names):
    return {name: [name] for name in names.split()}


STRUCTURES = {
    "runtime": (["struct pyruntimestate"], {
        "interpreters": ["interpreters.head"],
        "mainInterpreter": ["interpreters.main"],
        "currentThread": ["gilstate.tstate_current"],
        "gil": ["ceval.gil"],
    }),
    "interpreter": (["struct _is"], {
        "next": ["next"],
        "id": ["id"],
        "threads": ["threads.head", "tstate_head"],
        "sys": ["sysdict"],
        "builtins": ["builtins"],
        "modules": ["imports.modules", "modules"],
        "gil": ["ceval.gil"],
        "tasks": ["asyncio_tasks_head"],
        "gc": ["gc"],
    }),
    "gc": (["struct _gc_runtime_state"], {}),
    "thread": (["struct _ts"], {
        **same("prev next interp state frame cframe current_frame curexc_value current_exception exc_info thread_id native_thread_id id dict"),
    }),
    "cframe": (["_PyCFrame", "struct _PyCFrame", "CFrame", "struct _cframe"], same("current_frame")),
    "threadImplementation": (["_PyThreadStateImpl", "struct _PyThreadStateImpl"], same("asyncio_running_task asyncio_tasks_head")),
    "gil": (["struct _gil_runtime_state"], {"lastHolder": ["last_holder"], "locked": ["locked"], "enabled": ["enabled"]}),
    "errStackItem": (["struct _err_stackitem", "_PyErr_StackItem"], same("exc_value previous_item")),
    "frameObject": (["struct _frame"], same(
        "f_back f_code f_globals f_locals f_valuestack f_stacktop f_stackdepth f_lasti f_lineno f_localsplus f_frame _f_frame_data")),
    "frame": (["struct _PyInterpreterFrame", "_PyInterpreterFrame"], {
        "code": ["f_executable", "f_code"],
        "function": ["f_funcobj", "f_func"],
        "instruction": ["instr_ptr", "prev_instr"],
        "stackpointer": ["stackpointer"],
        "copy": ["tlbc_index"],
        **same("previous f_globals f_locals frame_obj stacktop is_entry owner localsplus"),
    }),
    "code": (["PyCodeObject", "struct PyCodeObject"], {
        "bytes": ["co_code_adaptive"],
        "copies": ["co_tlbc"],
        "linetable": ["co_linetable", "co_lnotab"],
        **same("co_argcount co_kwonlyargcount co_flags co_nlocals co_nlocalsplus co_firstlineno co_code co_varnames co_cellvars co_freevars"
               " co_localsplusnames co_localspluskinds co_filename co_name co_qualname"),
    }),
    # The copies of its instructions, of which every thread has its own (free-threaded 3.14 and later).
    "codeCopies": (["_PyCodeArray"], same("size entries")),
    "object": (["PyObject", "struct _object"], same("ob_type ob_mutex ob_ref_local ob_ref_shared")),
    "varObject": (["PyVarObject"], same("ob_size")),
    "type": (["PyTypeObject", "struct _typeobject"], same(
        "tp_name tp_basicsize tp_itemsize tp_flags tp_members tp_base tp_dict tp_dictoffset tp_bases tp_mro tp_subclasses")),
    "heapType": (["PyHeapTypeObject"], same("ht_name ht_qualname ht_cached_keys")),
    "member": (["struct PyMemberDef", "PyMemberDef"], same("name type offset")),
    "long": (["struct _longobject"], {"tag": ["long_value.lv_tag"], "digits": ["long_value.ob_digit", "ob_digit"]}),
    "float": (["PyFloatObject"], {"value": ["ob_fval"]}),
    "complex": (["PyComplexObject"], {"value": ["cval"]}),
    "ascii": (["PyASCIIObject"], {"length": ["length"], **{name: ["state." + name] for name in ("kind", "compact", "ascii")}}),
    "compactUnicode": (["PyCompactUnicodeObject"], {}),
    "unicode": (["PyUnicodeObject"], {"data": ["data"]}),
    "bytes": (["PyBytesObject"], {"value": ["ob_sval"]}),
    "byteArray": (["PyByteArrayObject"], {"start": ["ob_start"]}),
    "tuple": (["PyTupleObject"], {"items": ["ob_item"]}),
    "list": (["PyListObject"], {"items": ["ob_item"]}),
    "dict": (["PyDictObject"], {"used": ["ma_used"], "keys": ["ma_keys"], "values": ["ma_values"]}),
    "dictKeys": (["struct _dictkeysobject"], {"indices": ["dk_indices"], **same("dk_size dk_log2_size dk_log2_index_bytes dk_kind dk_nentries")}),
    "dictEntry": (["PyDictKeyEntry"], {"key": ["me_key"], "value": ["me_value"]}),
    "dictUnicodeEntry": (["PyDictUnicodeEntry"], {"key": ["me_key"], "value": ["me_value"]}),
    "dictValues": (["struct _dictvalues"], same("capacity size embedded valid values")),
    "set": (["PySetObject"], same("fill used mask table")),
    "setEntry": (["setentry"], same("key")),
    "deque": (["dequeobject"], same("leftblock leftindex maxlen")),
    "dequeBlock": (["struct BLOCK"], {"data": ["data"], "right": ["rightlink"]}),
    "exception": (["PyBaseExceptionObject"], same("dict args notes traceback context cause suppress_context")),
    "exceptionGroup": (["PyBaseExceptionGroupObject"], same("msg excs")),
    "osError": (["PyOSErrorObject"], same("myerrno strerror filename filename2")),
    "syntaxError": (["PySyntaxErrorObject"], same("msg filename lineno")),
    "unicodeError": (["PyUnicodeErrorObject"], same("encoding object start end reason")),
    "importError": (["PyImportErrorObject"], same("msg")),
    "traceback": (["PyTracebackObject", "struct _traceback"], same("tb_next tb_frame tb_lasti tb_lineno")),
    "function": (["PyFunctionObject"], same("func_code func_globals func_name func_qualname func_module")),
    "method": (["PyMethodObject"], same("im_func im_self")),
    "builtinFunction": (["PyCFunctionObject"], same("m_ml m_self m_module")),
    "methodDef": (["struct PyMethodDef", "PyMethodDef"], {"name": ["ml_name"]}),
    "descriptor": (["PyDescrObject"], same("d_type d_name")),
    "classMethod": (["classmethod"], {"callable": ["cm_callable"]}),
    "staticMethod": (["staticmethod"], {"callable": ["sm_callable"]}),
    "module": (["PyModuleObject"], same("md_dict md_name")),
    "cell": (["PyCellObject"], same("ob_ref")),
    # All of the three kinds of generators begin with the same fields (_PyGenObject_HEAD).
    "generator": (["PyGenObject", "struct _PyGenObject"], {
        "frame": ["gi_iframe", "gi_frame"], "code": ["gi_code"], "name": ["gi_name"], "qualname": ["gi_qualname"],
        "state": ["gi_frame_state"], "running": ["gi_running"]}),
    "weakReference": (["struct _PyWeakReference"], same("wr_object")),
    "range": (["rangeobject"], same("start stop step")),
    "slice": (["PySliceObject"], same("start stop step")),
    "orderedDict": (["struct _odictobject"], {"first": ["od_first"]}),
    "orderedDictNode": (["struct _odictnode"], same("key next")),
    "defaultDict": (["defdictobject"], {"factory": ["default_factory"]}),
    "dictView": (["_PyDictViewObject"], {"dict": ["dv_dict"]}),
    "mappingProxy": (["mappingproxyobject"], same("mapping")),
    "namespace": (["_PyNamespaceObject"], {"dict": ["ns_dict"]}),
    "partial": (["partialobject"], {"function": ["fn"]}),
    "array": (["arrayobject"], {"items": ["ob_item"], "description": ["ob_descr"]}),
    "arrayDescription": (["struct arraydescr"], same("typecode itemsize")),
    "task": (["TaskObj"], {
        "name": ["task_name"], "coroutine": ["task_coro"], "awaits": ["task_fut_waiter"],
        "state": ["task_state", "fut_state"], "node": ["task_node"]}),
    # A Task begins with the same fields (FutureObj_HEAD).
    "future": (["FutureObj"], {"state": ["fut_state"], "result": ["fut_result"], "exception": ["fut_exception"]}),
    "contextVariable": (["struct _pycontextvarobject"], {"name": ["var_name"], "default": ["var_default"]}),
    "contextToken": (["struct _pycontexttokenobject"], {"variable": ["tok_var"], "used": ["tok_used"]}),
    # 3.13 and later have locks of a byte: PyMutex, _PyRecursiveMutex.
    "lock": (["lockobject"], {"locked": ["locked", "lock._bits"]}),
    "reentrantLock": (["rlockobject"], {
        "mutex": ["lock.mutex._bits"], "owner": ["rlock_owner", "lock.thread"], "count": ["rlock_count"], "level": ["lock.level"]}),
    "super": (["superobject"], same("type obj obj_type")),
    "methodWrapper": (["wrapperobject"], same("descr self")),
    "memoryMap": (["mmap_object"], {"data": ["data"], "length": ["size"], "position": ["pos"], **same("offset access")}),
    "bufferedFile": (["buffered"], same("raw")),
    "textFile": (["textio"], same("buffer encoding")),
    "rawFile": (["fileio"], same("fd closefd")),
    "element": (["ElementObject"], same("tag")),
    "date": (["PyDateTime_Date"], same("data")),
    "datetime": (["PyDateTime_DateTime"], same("hastzinfo data fold tzinfo")),
    "time": (["PyDateTime_Time"], same("hastzinfo data fold tzinfo")),
    "timedelta": (["PyDateTime_Delta"], same("days seconds microseconds")),
    "timezone": (["PyDateTime_TimeZone"], same("offset name")),
    "decimal": (["PyDecObject"], {
        "flags": ["dec.flags"], "exponent": ["dec.exp"], "digits": ["dec.digits"], "length": ["dec.len"], "data": ["dec.data"]}),
    "debugOffsets": (["struct _Py_DebugOffsets", "_Py_DebugOffsets"], {
        name: [name] for name in (
            "cookie", "version", "free_threaded", "runtime_state.size", "runtime_state.interpreters_head", "interpreter_state.size",
            "interpreter_state.id", "interpreter_state.next", "interpreter_state.threads_head", "interpreter_state.gc",
            "interpreter_state.imports_modules", "interpreter_state.sysdict", "interpreter_state.builtins",
            "thread_state.prev", "thread_state.next", "thread_state.interp", "thread_state.current_frame",
            "thread_state.thread_id", "thread_state.native_thread_id", "thread_state.size", "thread_state.current_exception",
            "thread_state.exc_state", "interpreter_frame.size", "interpreter_frame.previous", "interpreter_frame.executable",
            "interpreter_frame.instr_ptr", "interpreter_frame.localsplus", "interpreter_frame.owner", "interpreter_frame.stackpointer",
            "code_object.size", "code_object.filename", "code_object.name", "code_object.qualname", "code_object.linetable",
            "code_object.firstlineno", "code_object.argcount", "code_object.localsplusnames", "code_object.localspluskinds",
            "code_object.co_code_adaptive", "pyobject.size", "pyobject.ob_type", "type_object.size", "type_object.tp_name",
            "type_object.tp_repr", "type_object.tp_flags", "tuple_object.size", "tuple_object.ob_item", "tuple_object.ob_size",
            "list_object.ob_item", "dict_object.ma_keys", "dict_object.ma_values", "float_object.ob_fval", "long_object.lv_tag",
            "long_object.ob_digit", "bytes_object.ob_sval", "unicode_object.state", "unicode_object.length",
            "unicode_object.asciiobject_size", "gc.size")
    }),
}


def find(names):
    for name in names:
        try:
            kind = gdb.lookup_type(name).strip_typedefs()
        except gdb.error:
            continue
        if kind.code in (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION) and kind.fields():
            return kind
    return None


def fields(kind, prefix, base, depth, out):
    for field in kind.fields():
        if not hasattr(field, "bitpos"):
            continue
        inner = field.type.strip_typedefs()
        at = base + field.bitpos
        if field.name:
            out[prefix + field.name] = [at, field.bitsize] if field.bitsize else at // 8
        if depth > 0 and inner.code in (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION):
            fields(inner, prefix + field.name + "." if field.name else prefix, at, depth - 1, out)


def main():
    layout = {}
    for ours, (names, wanted) in STRUCTURES.items():
        kind = find(names)
        if kind is None:
            continue
        known = {}
        fields(kind, "", 0, 3, known)
        layout[ours + ".size"] = kind.sizeof
        for name, candidates in wanted.items():
            there = [known[candidate] for candidate in candidates if candidate in known]
            if there:
                layout[ours + "." + name] = there[0]
    json.dump(layout, sys.stdout)


main()
