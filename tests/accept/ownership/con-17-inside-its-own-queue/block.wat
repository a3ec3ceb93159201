;; The endpoint travels in a block
;; expect: OK
;; contract: block Parcel { note: u32; to: imp Mail:Open; }
;; contract: contract Mail {
;; contract:   in message Send(Parcel parcel);
;; contract:   state Open: Send? -> end;
;; contract: }
(module
  (import "singula/Mail" "channel" (func $Mail.channel (result externref)))
  (import "singula/Mail" "exp.peer" (func $Mail.exp.peer (param externref) (result externref)))
  (import "singula/Mail" "exp.abandon" (func $Mail.exp.abandon (param externref)))
  (import "singula/Mail" "imp.abandon" (func $Mail.imp.abandon (param externref)))
  (func $main (export "main") (local $s externref) (local $c externref)
    (local.set $s (call $Mail.channel))
    (if (ref.is_null (local.get $s)) (then (return)))
    (local.set $c (call $Mail.exp.peer (local.get $s)))
    (if (ref.is_null (local.get $c)) (then (call $Mail.exp.abandon (local.get $s)) (return)))
    (call $Mail.imp.abandon (local.get $c))
    (call $Mail.exp.abandon (local.get $s))))
