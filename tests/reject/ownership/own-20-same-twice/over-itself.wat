;; An endpoint is sent over itself
;; expect: OWN_SAME_TWICE func=6 offset=0xf2
;; monitor: MON_SELF
;; contract: contract Pass { in message On(imp Pass:Start next); state Start: one { On? -> end; end; } }
(module
  (import "singula/Pass" "channel" (func $channel (result externref)))
  (import "singula/Pass" "exp.peer" (func $peer (param externref) (result externref)))
  (import "singula/Pass" "imp.send.On" (func $pass_on (param externref externref)))
  (import "singula/Pass" "imp.close" (func $close (param externref)))
  (import "singula/Pass" "exp.abandon" (func $leave (param externref)))
  (memory 1)
  (func $open (result externref externref) (local $x externref) (local $e externref)
    (local.set $x (call $channel))
    (if (ref.is_null (local.get $x)) (then (unreachable)))
    (local.set $e (call $peer (local.get $x)))
    (if (ref.is_null (local.get $e)) (then (unreachable)))
    (local.get $x)
    (local.get $e))
  (func (export "main") (local $x externref) (local $e externref) (local $y externref) (local $f externref)
    call $open
    local.set $e
    local.set $x
    call $open
    local.set $f
    local.set $y
    (call $pass_on (local.get $e) (local.get $e)) ;; <- refused here
    (call $close (local.get $f))
    (call $leave (local.get $x))
    (call $leave (local.get $y)))
)
