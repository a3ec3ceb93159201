;; An endpoint goes back into its block while its exchange is open
;; expect: TYP_ENDPOINT_STATE func=9 offset=0x147
;; monitor: MON_STATE
;; contract: contract Line {
;; contract:   in message Call();
;; contract:   out message Answer();
;; contract:   state Idle: one { Call? -> Ringing; end; }
;; contract:   state Ringing: Answer! -> Idle;
;; contract: }
;; contract: block Phone { number: u32; line: imp Line:Idle; }
(module
  (import "singula/Line" "channel" (func $Line.channel (result externref)))
  (import "singula/Line" "exp.peer" (func $Line.exp.peer (param externref) (result externref)))
  (import "singula/Line" "exp.abandon" (func $Line.exp.abandon (param externref)))
  (import "singula/Phone" "new" (func $Phone.new (result externref)))
  (import "singula/Phone" "line.put" (func $Phone.line.put (param externref externref)))
  (import "singula/Phone" "free" (func $Phone.free (param externref)))
  (import "singula/Phone" "line.take" (func $Phone.line.take (param externref) (result externref)))
  (import "singula/Line" "imp.send.Call" (func $Line.imp.send.Call (param externref)))
  (func $main (export "main") (local $phone externref) (local $s externref) (local $c externref)
    (local.set $s (call $Line.channel))
    (if (ref.is_null (local.get $s)) (then (return)))
    (local.set $c (call $Line.exp.peer (local.get $s)))
    (if (ref.is_null (local.get $c)) (then (call $Line.exp.abandon (local.get $s)) (return)))
    (local.set $phone (call $Phone.new))
    (call $Phone.line.put (local.get $phone) (local.get $c))
    (call $dial (local.get $phone))
    (call $Line.exp.abandon (local.get $s))
    (call $Phone.free (local.get $phone)))
  (func $dial (param $phone externref) (local $line externref)
    (if (ref.is_null (local.tee $line (call $Phone.line.take (local.get $phone)))) (then (return)))
    (call $Line.imp.send.Call (local.get $line))
    (call $Phone.line.put (local.get $phone) (local.get $line))))
