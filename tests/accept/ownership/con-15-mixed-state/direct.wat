;; A state lets both sides send
;; expect: OK
;; contract: contract Talk {
;; contract:   in message Say(u32 word);
;; contract:   out message Reply(u32 word);
;; contract:   state Open: one { Say? -> Said; end; }
;; contract:   state Said: Reply! -> Open;
;; contract: }
(module
  (import "singula/Talk" "channel" (func $Talk.channel (result externref)))
  (import "singula/Talk" "exp.peer" (func $Talk.exp.peer (param externref) (result externref)))
  (import "singula/Talk" "exp.abandon" (func $Talk.exp.abandon (param externref)))
  (import "singula/Talk" "imp.abandon" (func $Talk.imp.abandon (param externref)))
  (func $main (export "main") (local $s externref) (local $c externref)
    (local.set $s (call $Talk.channel))
    (if (ref.is_null (local.get $s)) (then (return)))
    (local.set $c (call $Talk.exp.peer (local.get $s)))
    (if (ref.is_null (local.get $c)) (then (call $Talk.exp.abandon (local.get $s)) (return)))
    (call $Talk.imp.abandon (local.get $c))
    (call $Talk.exp.abandon (local.get $s))))
