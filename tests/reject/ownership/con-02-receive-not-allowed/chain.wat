;; The second step of a chain is taken first
;; expect: CON_STATE func=6 offset=0x101
;; monitor: MON_STATE
;; contract: contract Bell {
;; contract:   in message Pull(u8 times);
;; contract:   in message Push();
;; contract:   out message Ring(i32 n);
;; contract:   state Idle: one { Pull? -> Push? -> Ring! -> Idle; end; }
;; contract: }
(module
  (import "singula/Bell" "channel" (func $Bell.channel (result externref)))
  (import "singula/Bell" "exp.peer" (func $Bell.exp.peer (param externref) (result externref)))
  (import "singula/Bell" "exp.abandon" (func $Bell.exp.abandon (param externref)))
  (import "singula/Bell" "imp.send.Pull" (func $Bell.imp.send.Pull (param externref i32)))
  (import "singula/Bell" "exp.recv.Push" (func $Bell.exp.recv.Push (param externref)))
  (import "singula/Bell" "imp.abandon" (func $Bell.imp.abandon (param externref)))
  (memory 1)
  (func $main (export "main") (local $s externref) (local $c externref)
    (local.set $s (call $Bell.channel))
    (if (ref.is_null (local.get $s)) (then (return)))
    (local.set $c (call $Bell.exp.peer (local.get $s)))
    (if (ref.is_null (local.get $c)) (then (call $Bell.exp.abandon (local.get $s)) (return)))
    (call $Bell.imp.send.Pull (local.get $c) (i32.const 2))
    (call $Bell.exp.recv.Push (local.get $s))
    (call $Bell.exp.abandon (local.get $s))
    (call $Bell.imp.abandon (local.get $c))))
